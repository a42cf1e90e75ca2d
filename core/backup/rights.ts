import {
  clusterScopedRole,
  type NeededRight,
  type RbacObject,
  rbacObjects,
} from "#core/objects/rbac-rules.ts";
import type { BackupPlan, KindPlan } from "./plan.ts";

const READ = ["get", "list", "watch"];

/**
 * The smallest roles with which somebody can make the planned backup: one ClusterRole, or, where only some namespaces are
 * read, a Role for each, and a ClusterRole for the cluster-scoped kinds that were asked for. Those that are merely related
 * ask for none: without them the backup warns and is still complete for its namespaces.
 */
export function backupRights(plan: BackupPlan, narrowed: boolean): readonly RbacObject[] {
  if (!narrowed) {
    return rbacObjects(NAME, undefined, () => [
      ...plan.kinds.map(kindRight),
      { kind: plan.namespacesKind, verbs: READ },
      ...plan.relatedKinds.map((kind) => ({ kind, verbs: READ })),
    ]);
  }
  const inNamespaces = plan.kinds.filter(({ versions: [kind] }) => kind.namespaced);
  const beside = plan.kinds.filter(({ versions: [kind] }) => !kind.namespaced);
  const roles = rbacObjects(
    NAME,
    plan.namespaces.map(({ name }) => name),
    (namespace) => [
      ...inNamespaces.map(kindRight),
      { kind: plan.namespacesKind, verbs: ["get"], ...(namespace !== undefined && { names: [namespace] }) },
    ],
  );
  return [...roles, ...clusterScopedRole(NAME, beside.map(kindRight))];
}

const NAME = "kubectl-backup-reader";

function kindRight({ versions: [kind], reads, names }: KindPlan): NeededRight {
  return reads === "objects" && names !== undefined
    ? { kind, verbs: ["get"], names: [...names] }
    : { kind, verbs: READ };
}
