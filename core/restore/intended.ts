import type { ExactObject } from "#core/objects/exact-json.ts";
import { mergePatch } from "./merge-patch.ts";
import type { LaterStep } from "./rule.ts";

interface Steps {
  readonly object: ExactObject;
  readonly later?: readonly LaterStep[] | undefined;
}

/** The object with all its later steps done. */
export function intendedOf({ object, later = [] }: Steps): ExactObject {
  return later.filter(({ subresource }) => subresource === undefined).reduce(applyStep, object);
}

function applyStep(object: ExactObject, step: LaterStep): ExactObject {
  return mergePatch(object, step.patch);
}
