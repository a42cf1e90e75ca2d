import type { ClusterIds } from "#core/model/cluster-identity.ts";
import { isFailure } from "#core/model/errors.ts";
import { NAMESPACES } from "#core/model/known-kinds.ts";
import type { Cluster } from "./cluster.ts";

const KUBE_SYSTEM = { resource: NAMESPACES, namespace: "", name: "kube-system" } as const;

/** What tells this cluster from others: the CA without a request, the uid of kube-system where it may be read. */
export async function readClusterIds(cluster: Cluster, signal: AbortSignal): Promise<ClusterIds> {
  const { caSha256 } = cluster.info;
  try {
    const found = await cluster.get(KUBE_SYSTEM, signal);
    return { caSha256, kubeSystemUid: found === undefined ? undefined : uidOf(found) };
  } catch (error) {
    if (isFailure(error, "cluster-forbidden")) return { caSha256 };
    throw error;
  }
}

function uidOf(namespace: Uint8Array): string | undefined {
  // The API server's own object.
  const { metadata } = JSON.parse(Buffer.from(namespace).toString("utf8")) as {
    readonly metadata?: { readonly uid?: string };
  };
  return metadata?.uid;
}
