import { skipWithOwner } from "#core/restore/owner-fate.ts";
import type { Rule } from "#core/restore/rule.ts";

/** Those of a pod were made from a template. */
export const resourceClaims: Rule = { descent: 3, decide: skipWithOwner };
