import { skipWithOwner } from "#core/restore/owner-fate.ts";
import type { Rule } from "#core/restore/rule.ts";

/** Those of a pod were made from a template. */
export const resourceClaims: Rule = {
  does: ["Those made for a pod from a template stay away with it; allocations are never restored."],
  descent: 3,
  decide: skipWithOwner,
};
