import { textAt } from "#core/objects/edit-object.ts";
import type { Rule } from "#core/restore/rule.ts";
import { restored, skipped } from "#core/restore/rule.ts";

const AUTOUPDATE = ["metadata", "annotations", "apf.kubernetes.io/autoupdate-spec"];

/** FlowSchemas and PriorityLevelConfigurations. */
export const flowControl: Rule = {
  does: ["Those that the API server keeps up to date by itself stay away."],
  transform: (object) =>
    textAt(object, AUTOUPDATE) === "true"
      ? skipped("auto-made", "the API server keeps its own")
      : restored(object),
};
