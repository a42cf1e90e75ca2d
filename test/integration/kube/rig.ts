import { openAccess } from "#core/kube/access/access.ts";
import type { Cluster, ItemBatch, ListSummary } from "#core/kube/cluster.ts";
import { type ClusterOptions, openCluster } from "#core/kube/open-cluster.ts";
import type { ItemKind } from "#core/model/item.ts";
import { stringifyExact } from "#test/harness/exact-json.ts";

export const { signal } = new AbortController();

export const CONFIG_MAPS: ItemKind = {
  group: "",
  version: "v1",
  resource: "configmaps",
  kind: "ConfigMap",
  namespaced: true,
};

export interface OpenedCluster extends Cluster {
  /** What it had to say while it waited or tried again. */
  readonly notes: readonly string[];
}

/** With this, whatever goes on behind its first page is long, and so read as a stream. */
export const LONG_FROM_PAGE_TWO = { longList: 0 };

export async function clusterOf(
  kubeconfig: string,
  options: Pick<ClusterOptions, "longList"> = {},
): Promise<OpenedCluster> {
  const access = await openAccess({ kubeconfig, env: {}, interactive: false });
  const notes: string[] = [];
  const cluster = openCluster(access, {
    userAgent: "kubectl-backup/test",
    onNote: (text) => notes.push(text),
    ...options,
  });
  return { ...cluster, notes };
}

/** The items as text, copied while they are valid. */
export async function readAll(list: AsyncGenerator<ItemBatch, ListSummary, void>) {
  const items: string[] = [];
  for (let step = await list.next(); ; step = await list.next()) {
    if (step.done) return { items, names: items.map(nameOf), summary: step.value };
    for (const item of step.value) items.push(Buffer.from(item).toString());
  }
}

export function nameOf(item: string): string {
  return JSON.parse(item).metadata.name;
}

export function bytesOf(object: unknown): Uint8Array {
  return Buffer.from(stringifyExact(object));
}

export function configMaps(namespace: string, count: number, bytes = 10) {
  return Array.from({ length: count }, (_, index) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: `c${String(index).padStart(4, "0")}`, namespace },
    data: { text: "x".repeat(bytes) },
  }));
}

export function namespaceObject(name: string) {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}
