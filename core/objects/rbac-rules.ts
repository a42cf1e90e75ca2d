import type { ItemKind } from "#core/model/item.ts";

/** Rules of a Role or ClusterRole, as small as they can be: one per group and set of verbs. */
export interface RbacRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[] | undefined;
  readonly verbs: readonly string[];
}

export interface NeededRight {
  readonly kind: Pick<ItemKind, "group" | "resource">;
  readonly verbs: readonly string[];
  readonly names?: readonly string[] | undefined;
}

export interface RbacObject {
  readonly apiVersion: "rbac.authorization.k8s.io/v1";
  readonly kind: "Role" | "ClusterRole";
  readonly metadata: { readonly name: string; readonly namespace?: string | undefined };
  readonly rules: readonly RbacRule[];
}

function rbacRules(rights: readonly NeededRight[]): readonly RbacRule[] {
  const rules = new Map<string, { group: string; resources: Set<string>; right: NeededRight }>();
  for (const right of rights) {
    const { group, resource } = right.kind;
    const key = JSON.stringify([group, right.verbs, right.names ?? resourcesMayShare]);
    const rule = rules.get(key) ?? { group, resources: new Set<string>(), right };
    rules.set(key, rule);
    rule.resources.add(resource);
  }
  return [...rules.values()].map(({ group, resources, right }) => ({
    apiGroups: [group],
    resources: [...resources].sort(),
    ...(right.names !== undefined && { resourceNames: [...right.names].sort() }),
    verbs: right.verbs,
  }));
}

/** Rights without names share a rule; those with names share one only when the names are the same. */
const resourcesMayShare = null;

/** One Role per namespace, or one ClusterRole when the rights reach beyond namespaces. */
export function rbacObjects(
  name: string,
  namespaces: readonly string[] | undefined,
  rightsIn: (namespace: string | undefined) => readonly NeededRight[],
): readonly RbacObject[] {
  const apiVersion = "rbac.authorization.k8s.io/v1";
  if (namespaces === undefined) {
    return [{ apiVersion, kind: "ClusterRole", metadata: { name }, rules: rbacRules(rightsIn(undefined)) }];
  }
  return namespaces.map((namespace) => ({
    apiVersion,
    kind: "Role",
    metadata: { name, namespace },
    rules: rbacRules(rightsIn(namespace)),
  }));
}

/**
 * The ClusterRole that stands beside the Roles of single namespaces; none where there are no rights. Under the plain name
 * it would replace the one that is printed for the whole cluster.
 */
export function clusterScopedRole(name: string, rights: readonly NeededRight[]): readonly RbacObject[] {
  return rights.length === 0 ? [] : rbacObjects(`${name}-cluster-scoped`, undefined, () => rights);
}
