import { textAt, withoutKeys, withoutValue, withValue } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import type { Rule } from "#core/restore/rule.ts";
import { restored, skipped } from "#core/restore/rule.ts";

/** With `bind-completed` and no volume a claim is Lost forever; the others name the old cluster's node and driver. */
const BINDING_ANNOTATIONS: ReadonlySet<string> = new Set([
  "pv.kubernetes.io/bind-completed",
  "pv.kubernetes.io/bound-by-controller",
  "volume.kubernetes.io/selected-node",
  "volume.kubernetes.io/storage-provisioner",
  "volume.beta.kubernetes.io/storage-provisioner",
  "volume.kubernetes.io/storage-resizer",
]);

export const persistentVolumeClaims: Rule = {
  does: [
    "Bound again to a volume that is still there, or restored with a volume that was retained; held back where its data is nowhere, unless `--empty-volumes` names it.",
    "Everything that ties it to the old volume, node and driver is left out.",
    "Scratch claims of pods are left to their pods.",
  ],
  // Restored without its pod's uid it would keep the pod of that name from starting.
  decide: ({ namespace, name }, { claims }) =>
    claims.get(`${namespace}/${name}`)?.fate === "of-pod"
      ? {
          reason: "controller-made",
          message: "its pod brings it: it is scratch space made from the pod's spec",
        }
      : undefined,
  transform(object, { item, facts }) {
    const fate = facts.claims.get(`${item.namespace}/${item.name}`);
    const unbound = dropBinding(object);
    switch (fate?.fate) {
      case "held":
        return skipped("claim-without-data", fate.message);
      case "rebind":
        return restored(withValue(unbound, ["spec", "volumeName"], fate.volume), {
          warnings: keptClass(unbound, facts.request.storageClassMapping),
        });
      case "static":
        return restored(withValue(unbound, ["spec", "volumeName"], fate.volume));
      case "empty":
        return restored(unbound, { warnings: [`restored empty: ${fate.message}`] });
      case "exists":
      case "of-pod":
      case "unbound":
      case undefined:
        return restored(unbound);
    }
  },
};

function isOfBinding(key: string): boolean {
  return BINDING_ANNOTATIONS.has(key) || key.startsWith("volume.kubernetes.io/node-expansion");
}

function dropBinding(object: ExactObject): ExactObject {
  return withoutKeys(withoutValue(object, ["spec", "volumeName"]), ["metadata", "annotations"], (key) =>
    isOfBinding(key),
  );
}

/** A claim binds only a volume of its own class, and this one is still in the cluster. */
function keptClass(claim: ExactObject, mapping: Readonly<Record<string, string>>): readonly string[] {
  const name = textAt(claim, ["spec", "storageClassName"]);
  return mapping[name] === undefined
    ? []
    : [`its storage class stays ${name}: its volume is still there, of that class`];
}
