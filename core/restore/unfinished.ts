import { groupResource, type ItemKind, kindOf } from "#core/model/item.ts";
import { hookTitle } from "./hooks/planned-hooks.ts";
import type { RestoreRun } from "./restore-run.ts";

/** Items of one kind whose end is not known: not begun, or under way when the restore broke off. */
export interface UnfinishedKind extends ItemKind {
  readonly count: number;
}

export function unfinishedKinds({ prepared, results }: RestoreRun): readonly UnfinishedKind[] {
  const kinds = new Map<string, UnfinishedKind>();
  // A kind stands there twice where some of its objects are selected and others only needed.
  for (const { kind, count } of prepared.kinds) {
    const key = `${groupResource(kind)} ${kind.version}`;
    const others = kinds.get(key)?.count ?? 0;
    kinds.set(key, { ...kindOf(kind), count: count + others });
  }
  return [...kinds.values()]
    .map((kind) => ({ ...kind, count: kind.count - results.endedOf(kind) }))
    .filter(({ count }) => count > 0);
}

/** What a restore that broke off says of itself. */
export function unfinishedTroubles(run: RestoreRun, why: string): readonly string[] {
  const kinds = unfinishedKinds(run).map((kind) => `${kind.count} ${groupResource(kind)}`);
  const { owners, steps, finished } = run.finish;
  const begun = new Set([...owners, ...steps].map(({ uid }) => uid)).difference(finished).size;
  return [
    `the restore broke off: ${why}`,
    ...(kinds.length === 0 ? [] : [`not restored, or under way at that moment: ${kinds.join(", ")}`]),
    ...[...run.hooks.open].map((due) => `the hook of ${hookTitle(due)} had not ended`),
    ...(begun === 0 ? [] : [`${begun} created objects lack their last steps; the next restore names them`]),
  ];
}
