import type { OpenBackup, StoredItem } from "#core/catalog/catalog.ts";
import { groupResource } from "#core/model/item.ts";
import { objectsAt, textAt } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import type { Contents } from "./contents.ts";
import type { Found } from "./dependencies.ts";
import { eachParsed } from "./each-parsed.ts";
import { filtered, type ItemTest } from "./select.ts";

/** The bindings that name one of these accounts (`namespace/name`). */
export type FindBindings = (accounts: ReadonlySet<string>) => Promise<readonly Found[]>;

export interface BindingsAsk {
  readonly backup: OpenBackup;
  readonly contents: Contents;
  readonly mayCome: ItemTest;
  readonly signal: AbortSignal;
}

const BINDINGS: ReadonlySet<string> = new Set([
  "rolebindings.rbac.authorization.k8s.io",
  "clusterrolebindings.rbac.authorization.k8s.io",
]);

/**
 * An account without its rights is of no use, and only the bindings say who has which. Those that bind all accounts of
 * a namespace are about more than one account, and stay. The backup's bindings are read once, when first asked for.
 */
export function findBindings(ask: BindingsAsk): FindBindings {
  let known: Promise<ReadonlyMap<string, readonly StoredItem[]>> | undefined;
  return async (accounts) => {
    if (accounts.size === 0) return [];
    known ??= readBindings(ask);
    const byAccount = await known;
    return [...accounts].flatMap((account) =>
      (byAccount.get(account) ?? [])
        .filter(ask.mayCome)
        .map((item) => ({ item, because: `it binds serviceaccounts ${account}` })),
    );
  };
}

async function readBindings(ask: BindingsAsk): Promise<ReadonlyMap<string, readonly StoredItem[]>> {
  const byAccount = new Map<string, StoredItem[]>();
  const { backup, contents, mayCome, signal } = ask;
  const kinds = backup.kinds
    .filter((kind) => BINDINGS.has(groupResource(kind)))
    .map((kind) => ({ batches: () => filtered(backup.items(kind), mayCome) }));
  for await (const { item, object } of eachParsed(contents, kinds, signal)) {
    for (const account of subjectsOf(item, object)) {
      byAccount.set(account, [...(byAccount.get(account) ?? []), item]);
    }
  }
  return byAccount;
}

function subjectsOf(item: StoredItem, object: ExactObject): readonly string[] {
  return objectsAt(object, ["subjects"])
    .filter(({ kind }) => kind === "ServiceAccount")
    .map((subject) => `${textAt(subject, ["namespace"]) || item.namespace}/${textAt(subject, ["name"])}`);
}
