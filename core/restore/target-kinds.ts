import type { Discovery } from "#core/kube/cluster.ts";
import { apiVersion, groupResource, type ItemKind } from "#core/model/item.ts";
import { sayingTheSame } from "#core/objects/versions/older-versions.ts";

/** Where objects of a kind go in the target, or why they cannot. */
export type TargetKind =
  | { readonly served: true; readonly kind: ItemKind }
  /** Not yet: a CRD that is restored with them brings it. */
  | { readonly served: false; readonly coming: true; readonly kind: ItemKind }
  | { readonly served: false; readonly coming: false; readonly reason: string; readonly message: string };

/** The server converts only between versions it serves: an object is sent in its own, or in one that says the same. */
export function findTargetKind(
  kind: ItemKind,
  discovery: Discovery,
  restoredDefinitions: ReadonlySet<string>,
): TargetKind {
  const name = groupResource(kind);
  const versions = discovery.resources.filter((resource) => groupResource(resource) === name);
  const same = sayingTheSame(kind, versions);
  if (same !== undefined) {
    const { group, version, resource, namespaced } = same;
    return { served: true, kind: { group, version, resource, kind: same.kind, namespaced } };
  }
  if (restoredDefinitions.has(name)) return { served: false, coming: true, kind };
  if (versions.length === 0) {
    return { served: false, coming: false, reason: "kind-not-served", message: `the cluster has no ${name}` };
  }
  return {
    served: false,
    coming: false,
    reason: "version-not-served",
    message: `the cluster serves ${name} as ${versions.map(apiVersion).join(", ")}, not as ${apiVersion(kind)}`,
  };
}

/** The same, each looked up once. */
export function targetKinds(
  discovery: Discovery,
  definitions: ReadonlySet<string>,
): (kind: ItemKind) => TargetKind {
  const known = new Map<string, TargetKind>();
  return (kind) => {
    const key = `${groupResource(kind)} ${kind.version}`;
    const target = known.get(key) ?? findTargetKind(kind, discovery, definitions);
    known.set(key, target);
    return target;
  };
}

/** In the target, those of these kinds that it serves. */
export function servedKinds(
  kinds: readonly ItemKind[],
  targetKind: (kind: ItemKind) => TargetKind,
): readonly ItemKind[] {
  const served = new Map<string, ItemKind>();
  for (const kind of kinds) {
    const target = targetKind(kind);
    if (target.served) served.set(groupResource(kind), target.kind);
  }
  return [...served.values()];
}
