import { groupResource, type ItemKind } from "#core/model/item.ts";

type KindName = Pick<ItemKind, "group" | "resource">;

/** The second way to the same stored objects → the first. */
const SAME_STORAGE: ReadonlyMap<string, string> = new Map([
  ["events.events.k8s.io", "events"],
  ["ingresses.extensions", "ingresses.networking.k8s.io"],
  ["deployments.extensions", "deployments.apps"],
  ["daemonsets.extensions", "daemonsets.apps"],
  ["replicasets.extensions", "replicasets.apps"],
  ["networkpolicies.extensions", "networkpolicies.networking.k8s.io"],
  ["projects.project.openshift.io", "namespaces"],
  ["roles.authorization.openshift.io", "roles.rbac.authorization.k8s.io"],
  ["rolebindings.authorization.openshift.io", "rolebindings.rbac.authorization.k8s.io"],
  ["clusterroles.authorization.openshift.io", "clusterroles.rbac.authorization.k8s.io"],
  ["clusterrolebindings.authorization.openshift.io", "clusterrolebindings.rbac.authorization.k8s.io"],
]);

/** The kind under which the same objects are read anyway, where the server serves that too. */
export function readInsteadAs(kind: KindName, served: ReadonlySet<string>): string | undefined {
  const first = SAME_STORAGE.get(groupResource(kind));
  return first !== undefined && served.has(first) ? first : undefined;
}
