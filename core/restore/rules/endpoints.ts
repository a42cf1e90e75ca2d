import { objectsAt, withEach, withoutValue } from "#core/objects/edit-object.ts";
import { type Rule, restored, type Skip } from "#core/restore/rule.ts";

const MADE: Skip = { reason: "controller-made", message: "a controller makes it from its Service" };

/** Only what a user made for a Service without selector returns. */
export const endpoints: Rule = {
  does: ["Only those that a user made for a Service without selector."],
  decide({ namespace, name, labels }, { selectingServices }) {
    if (namespace === "default" && name === "kubernetes") return MADE;
    if (Object.hasOwn(labels, "endpoints.kubernetes.io/managed-by")) return MADE;
    return selectingServices.has(`${namespace}/${name}`) ? MADE : undefined;
  },
};

/** A server that is sent it in v1 clears it and says nothing (registry/discovery/endpointslice/strategy.go). */
const TOPOLOGY_LOST = "endpoints keep node and zone of their topology: v1 has no place for the rest";

const SLICE_CONTROLLERS: ReadonlySet<string> = new Set([
  "endpointslice-controller.k8s.io",
  "endpointslicemirroring-controller.k8s.io",
]);

export const endpointSlices: Rule = {
  does: ["Only those that a user made: the controllers make their own."],
  decide({ namespace, name, labels }) {
    if (namespace === "default" && name === "kubernetes") return MADE;
    return SLICE_CONTROLLERS.has(labels["endpointslice.kubernetes.io/managed-by"] ?? "") ? MADE : undefined;
  },
  transform(object) {
    const bare = withEach(object, ["endpoints"], (endpoint) =>
      withoutValue(endpoint, ["deprecatedTopology"]),
    );
    const isLess = objectsAt(object, ["endpoints"]).some((endpoint) => "deprecatedTopology" in endpoint);
    return restored(bare, { warnings: isLess ? [TOPOLOGY_LOST] : [] });
  },
};
