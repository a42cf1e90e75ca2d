import {
  objectsAt,
  textAt,
  valueAt,
  withoutKeys,
  withoutValue,
  withValue,
} from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { skipWithOwner } from "#core/restore/owner-fate.ts";
import type { Rule } from "#core/restore/rule.ts";
import { restored, skipped } from "#core/restore/rule.ts";

/** The server makes these and refuses the old ones. */
const UID_LABELS: ReadonlySet<string> = new Set(["controller-uid", "batch.kubernetes.io/controller-uid"]);

/** The last two are told while pods still end: what becomes of the Job is decided by then. */
const ENDS: ReadonlySet<string> = new Set(["Complete", "Failed", "SuccessCriteriaMet", "FailureTarget"]);

/** A Job without its status would run again from the start. */
export const jobs: Rule = {
  does: [
    "Those that have ended, or whose end is decided, and runs of a CronJob stay away.",
    "Others are created suspended, since they would start from the beginning; `--start-jobs` lets them run.",
    "Selector and labels with the old uid are left out unless the user wrote the selector.",
  ],
  descent: 1,
  decide: skipWithOwner,
  transform(object, { original, facts }) {
    if (hasEnded(original)) return skipped("finished-job", "it has ended; restored, it would run again");
    if (objectsAt(original, ["metadata", "ownerReferences"]).some((owner) => owner["kind"] === "CronJob")) {
      return skipped("controller-made", "a run of a CronJob");
    }
    const free = valueAt(object, ["spec", "manualSelector"]) === true ? object : dropSelector(object);
    if (facts.request.startJobs || valueAt(free, ["spec", "suspend"]) === true) return restored(free);
    return restored(withValue(free, ["spec", "suspend"], true), {
      creationWarnings: [
        "suspended, since it would start again from the beginning; --start-jobs lets it run",
      ],
    });
  },
};

function hasEnded(job: ExactObject): boolean {
  if (textAt(job, ["status", "completionTime"]) !== "") return true;
  return objectsAt(job, ["status", "conditions"]).some(
    ({ type, status }) => status === "True" && typeof type === "string" && ENDS.has(type),
  );
}

function dropSelector(job: ExactObject): ExactObject {
  const unselected = withoutValue(job, ["spec", "selector"]);
  const unlabelled = withoutKeys(unselected, ["metadata", "labels"], (key) => UID_LABELS.has(key));
  return withoutKeys(unlabelled, ["spec", "template", "metadata", "labels"], (key) => UID_LABELS.has(key));
}
