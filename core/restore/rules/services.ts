import {
  textAt,
  valueAt,
  withEach,
  withoutValue,
  withoutValues,
  withValue,
} from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { userSetNodePorts } from "#core/restore/node-ports.ts";
import type { Refusal, Rule, Seen, Softened } from "#core/restore/rule.ts";
import { restored } from "#core/restore/rule.ts";

const PORTS = ["spec", "ports"];
const HEALTH_PORT = ["spec", "healthCheckNodePort"];

/** Addresses and ports that the old server allocated are left to the new one; what a user chose is kept. */
export const services: Rule = {
  does: [
    "Cluster addresses and node ports are allocated anew; node ports that a user chose are kept, and replaced where they are taken (`--preserve-node-ports` keeps all).",
    "Without the cluster's IP families it is created with its default one, and a warning.",
    "LoadBalancers of a copy become ClusterIP unless `--include-external` says otherwise.",
    "`default/kubernetes` stays the server's own.",
  ],
  decide: ({ namespace, name }) =>
    namespace === "default" && name === "kubernetes"
      ? { reason: "auto-made", message: "the API server makes its own" }
      : undefined,
  transform(object, seen) {
    if (textAt(object, ["spec", "type"]) === "ExternalName") return restored(object);
    const addressed = dropAllocatedAddresses(object);
    const ported = dropAllocatedPorts(addressed, seen);
    return seen.copy &&
      textAt(ported, ["spec", "type"]) === "LoadBalancer" &&
      !seen.facts.request.includeExternal
      ? restored(withholdLoadBalancer(ported), {
          warnings: [
            "LoadBalancer became ClusterIP: the copy would ask for an address outside the cluster; --include-external lets it",
          ],
        })
      : restored(ported);
  },
  afterRefusal: (object, refusal) => otherPorts(object, refusal) ?? oneFamily(object, refusal),
};

function dropAllocatedAddresses(object: ExactObject): ExactObject {
  if (textAt(object, ["spec", "clusterIP"]) === "None") return object;
  return withoutValues(object, [
    ["spec", "clusterIP"],
    ["spec", "clusterIPs"],
  ]);
}

function dropAllocatedPorts(object: ExactObject, { original, facts }: Seen): ExactObject {
  if (facts.request.preserveNodePorts) return object;
  const chosen = userSetNodePorts(original);
  const ported = withEach(object, PORTS, (port) =>
    chosen.isPortChosen(port) ? port : withoutValue(port, ["nodePort"]),
  );
  return chosen.healthCheck ? ported : withoutValue(ported, HEALTH_PORT);
}

function withholdLoadBalancer(object: ExactObject): ExactObject {
  const internal = withoutValues(withValue(object, ["spec", "type"], "ClusterIP"), [
    ["spec", "loadBalancerIP"],
    ["spec", "loadBalancerClass"],
    ["spec", "loadBalancerSourceRanges"],
    ["spec", "allocateLoadBalancerNodePorts"],
    ["spec", "externalTrafficPolicy"],
    HEALTH_PORT,
  ]);
  return withEach(internal, PORTS, (port) => withoutValue(port, ["nodePort"]));
}

/** 422 for a node port in use; a health check port in use answers 500. */
function otherPorts(object: ExactObject, { message, request }: Refusal): Softened | undefined {
  if (request.preserveNodePorts || !/port is already allocated|failed to allocate.*port/i.test(message)) {
    return undefined;
  }
  const freed = withEach(withoutValue(object, HEALTH_PORT), PORTS, (port) =>
    withoutValue(port, ["nodePort"]),
  );
  return { object: freed, warning: "a node port is taken in this cluster: the server chose others" };
}

function oneFamily(object: ExactObject, { status, message }: Refusal): Softened | undefined {
  if (status !== 422 || !/ipFamil|clusterIPs/i.test(message)) return undefined;
  if (
    valueAt(object, ["spec", "ipFamilies"]) === undefined &&
    textAt(object, ["spec", "ipFamilyPolicy"]) === ""
  ) {
    return undefined;
  }
  const object_ = withoutValues(object, [
    ["spec", "ipFamilies"],
    ["spec", "ipFamilyPolicy"],
  ]);
  return {
    object: object_,
    warning: "the cluster does not serve these IP families: created with its default one",
  };
}
