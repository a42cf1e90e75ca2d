import { objectAt, withValue } from "#core/objects/edit-object.ts";
import { namingNewGroup } from "#core/objects/versions/extensions-group.ts";
import type { Rule } from "#core/restore/rule.ts";
import { restored } from "#core/restore/rule.ts";

const TARGET = ["spec", "scaleTargetRef"];

/** Its controller finds what it scales by the group, and would scale nothing by a group that is gone. */
export const horizontalPodAutoscalers: Rule = {
  does: ["What it scales is named by the group that servers know (`extensions` is gone)."],
  transform(object) {
    const target = objectAt(object, TARGET);
    const known = namingNewGroup(target);
    return restored(known === target ? object : withValue(object, TARGET, known));
  },
};
