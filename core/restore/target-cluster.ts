import type { OpenBackup } from "#core/catalog/catalog.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import { type ClusterRelation, relateClusters } from "#core/model/cluster-identity.ts";
import { isFailure } from "#core/model/errors.ts";
import { NAMESPACES } from "#core/model/known-kinds.ts";
import { readItemHeader } from "#core/objects/item-header.ts";
import { type LiveMark, markOf } from "./existing.ts";

/** By name. A caller who may not list namespaces is answered for those asked for, as far as the server tells. */
export async function readLiveNamespaces(
  cluster: Cluster,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, LiveMark> | undefined> {
  const found = new Map<string, LiveMark>();
  try {
    for await (const batch of cluster.list({ resource: NAMESPACES, metadataOnly: true, signal })) {
      for (const bytes of batch) {
        const header = readItemHeader(bytes);
        found.set(header.name, markOf(header));
      }
    }
    return found;
  } catch (error) {
    if (isFailure(error, "cluster-forbidden")) return undefined;
    throw error;
  }
}

/** One by one; a namespace that may not even be read is taken to exist, since its caller cannot make it. */
export async function lookUpNamespaces(
  cluster: Cluster,
  names: Iterable<string>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, LiveMark>> {
  const found = new Map<string, LiveMark>();
  for (const name of names) {
    try {
      const bytes = await cluster.get({ resource: NAMESPACES, namespace: "", name }, signal);
      if (bytes !== undefined) found.set(name, markOf(readItemHeader(bytes)));
    } catch (error) {
      if (!isFailure(error, "cluster-forbidden")) throw error;
      found.set(name, { uid: "", terminating: false });
    }
  }
  return found;
}

export function relateToTarget(
  backup: OpenBackup,
  cluster: Cluster,
  liveNamespaces: ReadonlyMap<string, LiveMark> | undefined,
): ClusterRelation {
  const kubeSystemUid = liveNamespaces?.get("kube-system")?.uid;
  return relateClusters(backup.manifest?.cluster ?? backup.summary.clusterIds, {
    kubeSystemUid,
    caSha256: cluster.info.caSha256,
  });
}

/** Every cluster keeps its own of these. */
const SYSTEM_NAMESPACES = ["kube-system", "kube-public", "kube-node-lease"] as const;

/** Those of the backup that another cluster is spared, unless the request names them. */
export function namespacesLeftOut(
  backup: OpenBackup,
  relation: ClusterRelation,
  named: readonly string[],
): readonly string[] {
  if (relation === "same") return [];
  const stored = storedNamespaces(backup);
  return SYSTEM_NAMESPACES.filter((name) => stored.has(name) && !named.includes(name));
}

/** Every namespace that the backup knows of, with or without its own object. */
export function storedNamespaces(backup: OpenBackup): ReadonlySet<string> {
  const names = new Set(backup.manifest?.namespaces.map(({ name }) => name));
  for (const kind of backup.kinds) {
    for (const name of Object.keys(kind.namespaces)) if (name !== "") names.add(name);
  }
  return names;
}
