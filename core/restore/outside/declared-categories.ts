import type { OpenBackup, StoredItem } from "#core/catalog/catalog.ts";
import type { Discovery } from "#core/kube/cluster.ts";
import { groupResource } from "#core/model/item.ts";
import { textAt, textsAt } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { isBuiltInGroup } from "#core/restore/built-in-groups.ts";
import type { Contents } from "#core/restore/contents.ts";
import { eachParsed } from "#core/restore/each-parsed.ts";
import { filtered, type SelectedKind } from "#core/restore/select.ts";

/** By `resource.group`. */
export type Categories = ReadonlyMap<string, readonly string[]>;

export interface DeclaredRequest {
  readonly kinds: readonly Pick<SelectedKind, "kind">[];
  readonly contents: Contents;
  readonly discovery: Pick<Discovery, "resources">;
  readonly signal: AbortSignal;
}

const DEFINITIONS = "customresourcedefinitions.apiextensions.k8s.io";
const CROSSPLANES = "compositeresourcedefinitions.apiextensions.crossplane.io";

/**
 * The categories of kinds that the target does not serve yet, from what the backup holds of their definitions: those
 * that come with the same restore, and those from which Crossplane makes them.
 */
export async function readDeclaredCategories(
  backup: OpenBackup,
  { kinds, contents, discovery, signal }: DeclaredRequest,
): Promise<Categories> {
  const served = new Set(discovery.resources.map(groupResource));
  const own = kinds.map(({ kind }) => kind).filter(({ group }) => !isBuiltInGroup(group));
  const unserved = new Set(own.map(groupResource)).difference(served);
  const found = new Map<string, readonly string[]>();
  if (unserved.size === 0) return found;
  const stored = (name: string, isMeant: (item: StoredItem) => boolean) =>
    backup.kinds
      .filter((kind) => groupResource(kind) === name)
      .map((kind) => ({ batches: () => filtered(backup.items(kind), isMeant) }));
  const definitions = stored(DEFINITIONS, ({ name }) => unserved.has(name));
  for await (const { item, object } of eachParsed(contents, definitions, signal)) {
    found.set(item.name, textsAt(object, ["spec", "names", "categories"]));
  }
  for await (const { object } of eachParsed(
    contents,
    stored(CROSSPLANES, () => true),
    signal,
  )) {
    found.set(kindNamed(object, "names"), ["composite"]);
    found.set(kindNamed(object, "claimNames"), ["claim"]);
  }
  return found;
}

/** An XRD bears the name of its composite resource, never that of its claim. */
function kindNamed(object: ExactObject, names: "names" | "claimNames"): string {
  return `${textAt(object, ["spec", names, "plural"])}.${textAt(object, ["spec", "group"])}`;
}
