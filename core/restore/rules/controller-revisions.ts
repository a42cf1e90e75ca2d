import { skipWithOwner } from "#core/restore/owner-fate.ts";
import type { Rule } from "#core/restore/rule.ts";

/** StatefulSets and DaemonSets make theirs anew. */
export const controllerRevisions: Rule = { adopted: true, descent: 1, decide: skipWithOwner };
