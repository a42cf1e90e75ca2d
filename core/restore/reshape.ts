import { deepEqual } from "#core/objects/deep-equal.ts";
import { valueAt, withoutValue, withValue } from "#core/objects/edit-object.ts";
import { type ExactJson, type ExactObject, isExactObject } from "#core/objects/exact-json.ts";
import { intendedOf } from "./intended.ts";
import { withLastAppliedFollowing } from "./last-applied.ts";
import { mapObject } from "./mapping/map-object.ts";
import { mergePatch } from "./merge-patch.ts";
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
    const { object, later } = postpone(wanted, ruling);
    const followed = withLastAppliedFollowing(object, seen.original, wanted);
    return { ...ruling, object: followed, ...(ruling.later !== undefined && { later }) };
  } catch (error) {
    if (!(error instanceof PatchMisfit)) throw error;
    return { verdict: "fail", reason: "modifier-failed", message: error.message };
  }
}

/** Leaves to the later steps what they bring, now as it is wanted; those that would bring nothing are dropped. */
function postpone(wanted: ExactObject, ruling: Restored): Pick<Restored, "object" | "later"> {
  let object = wanted;
  const later: LaterStep[] = [];
  for (const step of ruling.later ?? []) {
    if (step.subresource !== undefined) {
      later.push(step);
      continue;
    }
    const paths = leafPaths(step.patch).map((path) => placeOf(path, ruling.object));
    object = paths.reduce((sum, path) => withValueOf(sum, path, valueAt(ruling.object, path)), object);
    const patch = paths.reduce(
      (sum: ExactObject, path) => withValue(sum, path, valueAt(wanted, path) ?? null),
      {},
    );
    if (!deepEqual(mergePatch(object, patch), object)) later.push({ ...step, patch });
  }
  return { object, later };
}

type Path = readonly string[];

/** Where the rule left nothing at all, all of that comes later: an empty shell may be invalid. */
function placeOf(path: Path, ruled: ExactObject): Path {
  const prefixes = path.map((_, index) => path.slice(0, index + 1));
  return prefixes.find((prefix) => valueAt(ruled, prefix) === undefined) ?? path;
}

function leafPaths(patch: ExactObject, at: Path = []): readonly Path[] {
  return Object.entries(patch).flatMap(([key, value]) => {
    const path = [...at, key];
    return isExactObject(value) ? leafPaths(value, path) : [path];
  });
}

function withValueOf(object: ExactObject, path: Path, value: ExactJson | undefined): ExactObject {
  return value === undefined ? withoutValue(object, path) : withValue(object, path, value);
}
