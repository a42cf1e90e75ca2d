import { groupResource, type ItemKind } from "#core/model/item.ts";
import { objectsAt, textAt, textsAt } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";

type Kind = Pick<ItemKind, "group" | "resource">;

const specHosts = (object: ExactObject) => textsAt(object, ["spec", "hosts"]);
const specHostNames = (object: ExactObject) => textsAt(object, ["spec", "hostnames"]);

/** Under which names from outside an object of a kind is reached. */
const HOSTS: ReadonlyMap<string, (object: ExactObject) => readonly string[]> = new Map([
  [
    "ingresses.networking.k8s.io",
    (object: ExactObject) => objectsAt(object, ["spec", "rules"]).map((rule) => textAt(rule, ["host"])),
  ],
  [
    "gateways.gateway.networking.k8s.io",
    (object: ExactObject) =>
      objectsAt(object, ["spec", "listeners"]).map((listener) => textAt(listener, ["hostname"])),
  ],
  ["httproutes.gateway.networking.k8s.io", specHostNames],
  ["grpcroutes.gateway.networking.k8s.io", specHostNames],
  ["tlsroutes.gateway.networking.k8s.io", specHostNames],
  ["routes.route.openshift.io", (object: ExactObject) => [textAt(object, ["spec", "host"])]],
  ["virtualservices.networking.istio.io", specHosts],
]);

export function hasHosts(kind: Kind): boolean {
  return HOSTS.has(groupResource(kind));
}

/** Each once; empty for kinds that have none. Pure. */
export function hostsOf(kind: Kind, object: ExactObject): readonly string[] {
  const hosts = HOSTS.get(groupResource(kind))?.(object) ?? [];
  return [...new Set(hosts)].filter((host) => host !== "");
}
