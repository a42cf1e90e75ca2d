import { withoutKeys } from "#core/objects/edit-object.ts";
import type { Rule } from "#core/restore/rule.ts";
import { restored } from "#core/restore/rule.ts";

const TEMPLATE_GENERATION = "deprecated.daemonset.template.generation";

export const daemonSets: Rule = {
  does: ["The generation of the template begins anew."],
  transform: (object) =>
    restored(withoutKeys(object, ["metadata", "annotations"], (key) => key === TEMPLATE_GENERATION)),
};
