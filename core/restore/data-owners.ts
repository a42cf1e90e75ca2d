import type { Cluster, Discovery, ListRequest } from "#core/kube/cluster.ts";
import { apiVersion, groupResource, type OwnerReference } from "#core/model/item.ts";
import { readItemHeader } from "#core/objects/item-header.ts";
import { eachObject } from "./existing.ts";

export interface DataOwnersRequest {
  readonly discovery: Discovery;
  /** Of the target, those that exist. */
  readonly namespaces: readonly string[];
  /** Something cluster-scoped may be deleted, and what that owns may lie in any namespace, or be one. */
  readonly everywhere: boolean;
  readonly signal: AbortSignal;
}

const DATA: ReadonlySet<string> = new Set([
  "persistentvolumeclaims",
  "volumesnapshots.snapshot.storage.k8s.io",
  "volumegroupsnapshots.groupsnapshot.storage.k8s.io",
]);
/** Only what is cluster-scoped itself can own these. */
const CLUSTER_DATA: ReadonlySet<string> = new Set([
  "namespaces",
  "persistentvolumes",
  "customresourcedefinitions.apiextensions.k8s.io",
  "volumesnapshotcontents.snapshot.storage.k8s.io",
  "volumegroupsnapshotcontents.groupsnapshot.storage.k8s.io",
]);

/**
 * Uids of live objects whose deletion would, by way of owner references, take claims, snapshots, volumes or whole namespaces with it. A pod's
 * scratch claims are not meant: they live and die with each pod.
 */
export async function findDataOwners(
  cluster: Cluster,
  { discovery, namespaces, everywhere, signal }: DataOwnersRequest,
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
    const isData = DATA.has(groupResource(kind)) || (everywhere && CLUSTER_DATA.has(groupResource(kind)));
    if (!isData) continue;
    const objects = everywhere
      ? allObjects(cluster, { resource: kind, metadataOnly: true, signal })
      : eachObject(cluster, { kind, namespaces, signal, metadataOnly: true });
    for await (const bytes of objects) {
      const header = readItemHeader(bytes);
      await climb(header.owners, header.namespace);
    }
  }
  return found;
}

async function* allObjects(cluster: Cluster, list: ListRequest): AsyncGenerator<Uint8Array> {
  for await (const batch of cluster.list(list)) yield* batch;
}
