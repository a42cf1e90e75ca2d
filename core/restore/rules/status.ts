import { objectAt, valueAt, withoutValue, withValue } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import type { LaterStep } from "#core/restore/rule.ts";

const OBSERVED = ["status", "observedGeneration"];

/** Generation starts again at 1; a controller that finds a higher observedGeneration would believe it is ahead. */
export function restartObserved(object: ExactObject, original: ExactObject): ExactObject {
  const observed = valueAt(object, OBSERVED);
  if (observed === undefined) return object;
  const upToDate = observed === valueAt(original, ["metadata", "generation"]);
  return upToDate ? withValue(object, OBSERVED, 1) : withoutValue(object, OBSERVED);
}

/** Of kinds with the status subresource the server drops a status that comes with a creation: it is patched in later. */
export function statusStep(original: ExactObject): LaterStep | undefined {
  const status = objectAt(restartObserved(original, original), ["status"]);
  return Object.keys(status).length === 0
    ? undefined
    : { name: "status", patch: { status }, subresource: "status" };
}
