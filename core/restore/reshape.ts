import { deepEqual } from "#core/objects/deep-equal.ts";
import { type ExactJson, type ExactObject, isExactObject } from "#core/objects/exact-json.ts";
import { valueAt, withoutValue, withValue } from "./edit-object.ts";
import { intendedOf } from "./intended.ts";
import { withLastAppliedFollowing } from "./last-applied.ts";
import { mapObject } from "./mapping/map-object.ts";
import { PatchMisfit } from "./modifiers/json-patch.ts";
import { modifyObject } from "./modifiers/modify-object.ts";
import type { LaterStep, Ruling, Seen } from "./rule.ts";

type Restored = Extract<Ruling, { verdict: "restore" }>;

/** What the request wants changed, on the object as its rules left it. */
export function reshape(ruling: Restored, seen: Seen): Ruling {
  try {
    // On the object as it is to be in the end, so that a rule sees what its author sees.
    const intended = intendedOf(ruling);
    const wanted = modifyObject(mapObject(intended, seen), seen);
    if (wanted === intended && !seen.renamed) return ruling;
    const { object, later } = postpone({ intended, wanted }, ruling);
    const followed = withLastAppliedFollowing(object, seen.original, wanted);
    return { ...ruling, object: followed, ...(ruling.later !== undefined && { later }) };
  } catch (error) {
    if (!(error instanceof PatchMisfit)) throw error;
    return { verdict: "fail", reason: "modifier-failed", message: error.message };
  }
}

interface Change {
  readonly intended: ExactObject;
  readonly wanted: ExactObject;
}

/** Takes out of the wanted object what later steps bring; what the request itself set is not brought again. */
function postpone({ intended, wanted }: Change, ruling: Restored): Pick<Restored, "object" | "later"> {
  let object = wanted;
  const later: LaterStep[] = [];
  for (const step of ruling.later ?? []) {
    if (step.subresource !== undefined) {
      later.push(step);
      continue;
    }
    const kept = leavesOf(step.patch).filter(({ path }) =>
      isSame(valueAt(wanted, path), valueAt(intended, path)),
    );
    if (kept.length === 0) continue;
    for (const { path } of kept) object = withValueOf(object, path, valueAt(ruling.object, path));
    const patch = kept.reduce((sum: ExactObject, { path, value }) => withValue(sum, path, value), {});
    later.push({ ...step, patch });
  }
  return { object, later };
}

interface Leaf {
  readonly path: readonly string[];
  readonly value: ExactJson;
}

function leavesOf(patch: ExactObject, at: readonly string[] = []): readonly Leaf[] {
  return Object.entries(patch).flatMap(([key, value]) => {
    const path = [...at, key];
    return isExactObject(value) ? leavesOf(value, path) : [{ path, value }];
  });
}

function isSame(left: ExactJson | undefined, right: ExactJson | undefined): boolean {
  return left === undefined || right === undefined ? left === right : deepEqual(left, right);
}

function withValueOf(
  object: ExactObject,
  path: readonly string[],
  value: ExactJson | undefined,
): ExactObject {
  return value === undefined ? withoutValue(object, path) : withValue(object, path, value);
}
