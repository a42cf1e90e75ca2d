import type { Cluster } from "#core/kube/cluster.ts";
import { drainList } from "#core/kube/drain-list.ts";
import { NAMESPACES } from "#core/model/known-kinds.ts";
import { readItemHeader } from "#core/objects/item-header.ts";
import type { NamespaceMarks } from "#core/protection/protection-of.ts";

/** What protection reads of every namespace of the cluster. */
export async function readNamespaces(
  cluster: Cluster,
  signal: AbortSignal,
): Promise<readonly NamespaceMarks[]> {
  const found: NamespaceMarks[] = [];
  await drainList(cluster, { resource: NAMESPACES, metadataOnly: true, signal }, (batch) => {
    found.push(...batch.map(marksOf));
    return undefined;
  });
  return found;
}

function marksOf(body: Uint8Array): NamespaceMarks {
  const { name, uid, labels, annotations, deletionTimestamp } = readItemHeader(body);
  return { name, uid, labels, annotations, terminating: deletionTimestamp !== undefined };
}
