import { objectAt, valueAt, withoutValues, withValue } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";

/**
 * Workloads of v1beta1 → v1. Where the selector was left out the template's labels were meant; v1 wants it said. What
 * v1 has no field for it keeps in annotations: how often a DaemonSet's template changed, and a rollback under way.
 */
export function workloadFromBeta(workload: ExactObject): ExactObject {
  const bare = withoutValues(workload, [
    ["spec", "templateGeneration"],
    ["spec", "rollbackTo"],
  ]);
  if (valueAt(bare, ["spec", "selector"]) !== undefined) return bare;
  const matchLabels = objectAt(bare, ["spec", "template", "metadata", "labels"]);
  return withValue(bare, ["spec", "selector"], { matchLabels });
}
