import type { OpenBackup, StoredItem } from "#core/catalog/catalog.ts";
import { groupResource } from "#core/model/item.ts";
import type { RestoreRequest } from "#core/model/restore.ts";
import { kindNeverRestored } from "#core/objects/never-restored.ts";
import type { CompiledSelection } from "#core/selection/compile-selection.ts";
import { type FindBindings, findBindings } from "./account-bindings.ts";
import type { Contents } from "./contents.ts";
import { itemKey } from "./decide.ts";
import { type Found, findDependencies } from "./dependencies.ts";
import { findOwners } from "./owners-above.ts";
import { type ItemTest, isNamespace, oneKind, type Selected, type SelectedKind } from "./select.ts";
import { isClassified } from "./tiers.ts";

export interface BringAlong {
  readonly backup: OpenBackup;
  readonly contents: Contents;
  readonly selected: Selected;
  readonly selection: CompiledSelection;
  /** Selected by the request's own words. */
  readonly isMeant: ItemTest;
  readonly leftOut: readonly string[];
  readonly request: Pick<RestoreRequest, "withDependencies" | "withOwners">;
  readonly signal: AbortSignal;
}

/** One look further: the objects that those just found refer to, or are owned by. */
export interface Step {
  readonly backup: OpenBackup;
  readonly contents: Contents;
  readonly kinds: readonly SelectedKind[];
  /** Not found before, and not against the request's words. */
  readonly mayCome: ItemTest;
  readonly bindings: FindBindings;
  readonly signal: AbortSignal;
}

/** What the request selects together with what it wants along, followed through the backup until nothing is new. */
export async function bringAlong(ask: BringAlong): Promise<Selected> {
  const { selected, request, backup, contents, signal } = ask;
  if (!request.withDependencies && !request.withOwners) return selected;
  const found = new Map<string, Found>();
  const mayCome: ItemTest = (item) => !found.has(itemKey(item)) && mayComeAlong(item, ask);
  const bindings = findBindings({ backup, contents, mayCome, signal });
  let kinds = selected.kinds;
  while (kinds.length > 0) {
    const step: Step = { backup, contents, kinds, mayCome, bindings, signal };
    const fresh = [
      ...(request.withDependencies ? await findDependencies(step) : []),
      ...(request.withOwners ? await findOwners(step) : []),
    ];
    const unique = new Map(fresh.map((one) => [itemKey(one.item), one]));
    for (const [key, one] of unique) found.set(key, one);
    kinds = kindsOf([...unique.values()]);
  }
  return joined(selected, [...found.values()]);
}

/** Words that exclude are stronger than what another object needs; volumes come by the rules of their claims. */
function mayComeAlong(item: StoredItem, { selection, leftOut, isMeant }: BringAlong): boolean {
  if (isMeant(item) || isNamespace(item) || groupResource(item) === "persistentvolumes") return false;
  if (kindNeverRestored(item) !== undefined || selection.excludesObject(item, item.name)) return false;
  return item.namespaced
    ? selection.includesNamespace(item.namespace) && !leftOut.includes(item.namespace)
    : selection.clusterScope !== "none";
}

function kindsOf(found: readonly Found[]): readonly SelectedKind[] {
  const why = new Map(found.map(({ item, because }) => [itemKey(item), because]));
  const byKind = Map.groupBy(
    found.map(({ item }) => item),
    (item) => `${groupResource(item)} ${item.version}`,
  );
  return byKind
    .values()
    .flatMap((items) => oneKind(items, (item) => why.get(itemKey(item)) ?? ""))
    .toArray();
}

function joined(selected: Selected, found: readonly Found[]): Selected {
  const items = found.map(({ item }) => item);
  return {
    ...selected,
    kinds: [...selected.kinds, ...kindsOf(found)],
    isClassified: selected.isClassified || items.some(({ labels }) => isClassified(labels)),
    ownerUids: selected.ownerUids.union(new Set(items.flatMap(({ ownerUids }) => ownerUids))),
    namespaces: selected.namespaces.union(
      new Set(items.filter(({ namespaced }) => namespaced).map(({ namespace }) => namespace)),
    ),
  };
}
