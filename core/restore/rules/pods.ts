import {
  objectAt,
  objectsAt,
  textAt,
  withEach,
  withoutValues,
  withValue,
} from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { withInitHook } from "#core/restore/hooks/init-hook.ts";
import { mapImage } from "#core/restore/mapping/images.ts";
import { skipWithOwner } from "#core/restore/owner-fate.ts";
import type { Rule } from "#core/restore/rule.ts";
import { restored, skipped } from "#core/restore/rule.ts";
import { isTokenSecretName } from "#core/restore/token-secret-name.ts";

/**
 * Set by the old cluster's scheduler and admission. An unknown node would get the pod collected as garbage, a priority
 * that differs from its class a 403, ephemeral containers a 422.
 */
const PLACED: readonly (readonly string[])[] = [
  ["spec", "nodeName"],
  ["spec", "priority"],
  ["spec", "preemptionPolicy"],
  ["spec", "ephemeralContainers"],
  ["spec", "overhead"],
];

/** Pods of controllers are made by them; bare ones return. */
export const pods: Rule = {
  does: [
    "Pods of a controller that is restored, mirror pods, and those that have ended stay away.",
    "Left out: node, priority (its class says it), preemption policy, overhead, ephemeral containers, volumes of token Secrets that servers before 1.24 made.",
    "A pod that is created gets the init container of its restore hook (`init.hook.restore.velero.io/…`) before all others.",
  ],
  descent: 2,
  adopted: true,
  decide: skipWithOwner,
  atCreation: (pod, { hooks, undo, imageMapping }) =>
    hooks && undo === undefined ? withInitHook(pod, (image) => mapImage(image, imageMapping)) : pod,
  transform(object, { original }) {
    if (Object.hasOwn(objectAt(object, ["metadata", "annotations"]), "kubernetes.io/config.mirror")) {
      return skipped("mirror-pod", "a kubelet makes it from a file on its node");
    }
    const phase = textAt(original, ["status", "phase"]);
    if (phase === "Succeeded" || phase === "Failed") return skipped("finished-pod", "it has ended");
    return restored(dropTokenVolumes(withoutValues(object, PLACED)));
  },
};

/** Volumes of the token Secrets that servers before 1.24 made: those Secrets do not return. */
function dropTokenVolumes(pod: ExactObject): ExactObject {
  const account = textAt(pod, ["spec", "serviceAccountName"]) || "default";
  const isToken = (name: string) => isTokenSecretName(name, account);
  const volumes = objectsAt(pod, ["spec", "volumes"]);
  const kept = volumes.filter((volume) => !isToken(textAt(volume, ["secret", "secretName"])));
  if (kept.length === volumes.length) return pod;
  const dropMounts = (container: ExactObject) =>
    withValue(
      container,
      ["volumeMounts"],
      objectsAt(container, ["volumeMounts"]).filter((mount) => !isToken(textAt(mount, ["name"]))),
    );
  const unmounted = withEach(
    withEach(pod, ["spec", "containers"], dropMounts),
    ["spec", "initContainers"],
    dropMounts,
  );
  return withValue(unmounted, ["spec", "volumes"], kept);
}
