import type { Cluster, Discovery } from "#core/kube/cluster.ts";
import { apiVersion, groupResource, type OwnerReference } from "#core/model/item.ts";
import { readItemHeader } from "#core/objects/item-header.ts";
import { eachObject } from "./existing.ts";

export interface DataOwnersRequest {
  readonly discovery: Discovery;
  /** Of the target, those that exist. */
  readonly namespaces: readonly string[];
  readonly signal: AbortSignal;
}

const DATA: ReadonlySet<string> = new Set([
  "persistentvolumeclaims",
  "volumesnapshots.snapshot.storage.k8s.io",
  "volumegroupsnapshots.groupsnapshot.storage.k8s.io",
]);

/**
 * Uids of live objects whose deletion would, by way of owner references, take claims or snapshots with it. A pod's
 * scratch claims are not meant: they live and die with each pod.
 */
export async function findDataOwners(
  cluster: Cluster,
  { discovery, namespaces, signal }: DataOwnersRequest,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const climb = async (owners: readonly OwnerReference[], namespace: string): Promise<void> => {
    for (const owner of owners) {
      if (found.has(owner.uid) || (owner.apiVersion === "v1" && owner.kind === "Pod")) continue;
      found.add(owner.uid);
      await climb(await ownersOf(owner, namespace), namespace);
    }
  };
  const ownersOf = async (owner: OwnerReference, namespace: string): Promise<readonly OwnerReference[]> => {
    const resource = discovery.resources.find(
      (one) => one.kind === owner.kind && apiVersion(one) === owner.apiVersion,
    );
    if (resource === undefined) return [];
    const place = { resource, namespace: resource.namespaced ? namespace : "", name: owner.name };
    const bytes = await cluster.get(place, signal);
    return bytes === undefined ? [] : readItemHeader(bytes).owners;
  };
  for (const kind of new Map(discovery.resources.map((one) => [groupResource(one), one])).values()) {
    if (!DATA.has(groupResource(kind))) continue;
    for await (const bytes of eachObject(cluster, { kind, namespaces, signal, metadataOnly: true })) {
      const header = readItemHeader(bytes);
      await climb(header.owners, header.namespace);
    }
  }
  return found;
}
