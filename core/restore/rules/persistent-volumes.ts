import {
  objectAt,
  textAt,
  valueAt,
  withoutKeys,
  withoutValues,
  withValue,
} from "#core/objects/edit-object.ts";
import type { Rule } from "#core/restore/rule.ts";
import { restored, skipped } from "#core/restore/rule.ts";

/**
 * A volume that names a claim by a stale uid is Released at once, and with the policy Delete its disk is then deleted.
 * So one that was bound returns only together with its claim, named without uid, and only where its policy was Retain.
 * One that was free returns only where no other volume lies on its disk.
 */
export const persistentVolumes: Rule = {
  does: [
    "One that was bound returns only with its claim, on the same cluster and with the policy Retain; without the claim's old uid, so that it is never released.",
    "None returns onto a disk that another volume lies on.",
  ],
  decide({ name }, { refusedVolumes }) {
    const message = refusedVolumes.get(name);
    return message === undefined ? undefined : { reason: "disk-in-use", message };
  },
  transform(object, { facts }) {
    const clean = withoutKeys(
      object,
      ["metadata", "annotations"],
      (key) => key === "pv.kubernetes.io/bound-by-controller",
    );
    if (valueAt(clean, ["spec", "claimRef"]) === undefined) return restored(clean);
    const claim = objectAt(clean, ["spec", "claimRef"]);
    const namespace = textAt(claim, ["namespace"]);
    const fate = facts.claims.get(`${namespace}/${textAt(claim, ["name"])}`);
    if (fate?.fate !== "static" || fate.volume !== textAt(object, ["metadata", "name"])) {
      return skipped(
        "volume-of-a-claim",
        "volumes that were bound return only together with their claim and its data",
      );
    }
    const bare = withoutValues(claim, [["uid"], ["resourceVersion"]]);
    const mapped = withValue(bare, ["namespace"], facts.mapNamespace(namespace));
    return restored(withValue(clean, ["spec", "claimRef"], mapped));
  },
};
