import { groupResource, type ItemKind } from "#core/model/item.ts";
import type { RestoreRun } from "./restore-run.ts";

/** Items of one kind whose end is not known: not begun, or under way when the restore broke off. */
export interface UnfinishedKind extends ItemKind {
  readonly count: number;
}

export function unfinishedKinds({ prepared, results }: RestoreRun): readonly UnfinishedKind[] {
  return prepared.kinds
    .map(({ kind: { group, version, resource, kind, namespaced }, count }) => {
      const ended = results.endedOf({ group, version, kind });
      return { group, version, resource, kind, namespaced, count: count - ended };
    })
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
    ...(begun === 0 ? [] : [`${begun} created objects lack their last steps; the next restore names them`]),
  ];
}
