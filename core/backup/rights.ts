import { type NeededRight, type RbacObject, rbacObjects } from "#core/objects/rbac-rules.ts";
import type { BackupPlan, KindPlan } from "./plan.ts";

const READ = ["get", "list", "watch"];

/**
 * The smallest roles with which somebody can make the planned backup: Roles where only some namespaces are read, else
 * one ClusterRole. Related cluster-scoped objects cannot be granted by a Role: without them the backup warns and is
 * still complete for its namespaces.
 */
export function backupRights(plan: BackupPlan, narrowed: boolean): readonly RbacObject[] {
  const namespaces = narrowed ? plan.namespaces.map(({ name }) => name) : undefined;
  return rbacObjects("kubectl-backup-reader", namespaces, (namespace) => [
    ...plan.kinds.filter(({ versions: [kind] }) => namespace === undefined || kind.namespaced).map(kindRight),
    {
      kind: plan.namespacesKind,
      ...(namespace === undefined ? { verbs: READ } : { verbs: ["get"], names: [namespace] }),
    },
    ...(namespace === undefined ? plan.relatedKinds.map((kind) => ({ kind, verbs: READ })) : []),
  ]);
}

function kindRight({ versions: [kind], reads, names }: KindPlan): NeededRight {
  return reads === "objects" && names !== undefined
    ? { kind, verbs: ["get"], names: [...names] }
    : { kind, verbs: READ };
}
