import { withoutKeys } from "#core/objects/edit-object.ts";
import type { Rule } from "#core/restore/rule.ts";
import { restored } from "#core/restore/rule.ts";

const REVISION = "deployment.kubernetes.io/revision";

/** The revision counts the ReplicaSets of its history: where none returns, the count begins anew. */
export const deployments: Rule = {
  does: ["The revision returns only together with its ReplicaSets, which are its history."],
  transform: (object, { item, facts }) =>
    restored(
      facts.owners.has(item.uid)
        ? object
        : withoutKeys(object, ["metadata", "annotations"], (key) => key === REVISION),
    ),
};
