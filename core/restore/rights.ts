import type { Discovery } from "#core/kube/cluster.ts";
import { groupResource } from "#core/model/item.ts";
import type { Selection } from "#core/model/selection.ts";
import { kindNeverRestored } from "#core/objects/never-restored.ts";
import { type NeededRight, type RbacObject, rbacObjects } from "#core/objects/rbac-rules.ts";
import { compileSelection } from "#core/selection/compile-selection.ts";

const WRITE = ["create", "get", "list", "patch", "watch"];
/** The server lets nobody grant what he has not got himself, except by these verbs. */
const GRANT: ReadonlyMap<string, readonly string[]> = new Map([
  ["roles.rbac.authorization.k8s.io", ["escalate"]],
  ["clusterroles.rbac.authorization.k8s.io", ["escalate"]],
  ["rolebindings.rbac.authorization.k8s.io", ["bind"]],
  ["clusterrolebindings.rbac.authorization.k8s.io", ["bind"]],
]);

/** The smallest roles for restoring what the selection names: Roles for literal namespaces, else one ClusterRole. */
export function restoreRights(selection: Selection, discovery: Discovery): readonly RbacObject[] {
  const chosen = compileSelection(selection, discovery.resources);
  const kinds = discovery.resources.filter(
    (kind) =>
      kind.verbs.includes("create") &&
      kind.verbs.includes("list") &&
      kindNeverRestored(kind) === undefined &&
      chosen.kindShare(kind).take !== "none",
  );
  const namespaces = selection.includeNamespaces;
  const literal = namespaces.length > 0 && namespaces.every((name) => /^[a-z0-9-]+$/.test(name));
  return rbacObjects("kubectl-backup-restorer", literal ? namespaces : undefined, (namespace) => [
    ...kinds.filter((kind) => namespace === undefined || kind.namespaced).map(kindRight),
    ...(namespace === undefined ? [] : [namespaceRight(namespace)]),
  ]);
}

function kindRight(kind: Discovery["resources"][number]): NeededRight {
  const verbs = [...WRITE, ...(GRANT.get(groupResource(kind)) ?? [])].sort();
  return { kind, verbs };
}

/** Creating a namespace is no namespaced right: who restores by a Role needs it to exist. */
function namespaceRight(name: string): NeededRight {
  return { kind: { group: "", resource: "namespaces" }, verbs: ["get", "patch"], names: [name] };
}
