import type { ExactObject } from "#core/objects/exact-json.ts";
import { intendedOf } from "./intended.ts";
import { withLastAppliedFollowing } from "./last-applied.ts";
import { mapObject } from "./mapping/map-object.ts";
import type { Ruling, Seen } from "./rule.ts";

type Restored = Extract<Ruling, { verdict: "restore" }>;

/** What the request wants changed, on the object as its rules left it. */
export function reshape(ruling: Restored, seen: Seen): Ruling {
  const object = mapObject(ruling.object, seen);
  if (object === ruling.object && !seen.renamed) return ruling;
  const intended: ExactObject = intendedOf({ object, later: ruling.later });
  return { ...ruling, object: withLastAppliedFollowing(object, seen.original, intended) };
}
