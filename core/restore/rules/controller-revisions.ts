import { skipWithOwner } from "#core/restore/owner-fate.ts";
import type { Rule } from "#core/restore/rule.ts";

/** StatefulSets and DaemonSets make theirs anew. */
export const controllerRevisions: Rule = {
  does: ["Not restored with the StatefulSet or DaemonSet that makes them anew."],
  adopted: true,
  descent: 1,
  decide: skipWithOwner,
};
