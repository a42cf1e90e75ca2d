import type { Cluster } from "#core/kube/cluster.ts";
import { isFailure } from "#core/model/errors.ts";
import type { ItemKind } from "#core/model/item.ts";
import { isExactObject, parseExactBytes } from "#core/objects/exact-json.ts";
import type { Contents } from "./contents.ts";
import { type Existing, eachObject, isThere } from "./existing.ts";
import type { SnapshotContentFate } from "./rule.ts";
import type { SelectedKind } from "./select.ts";
import {
  decideSnapshotContent,
  isSnapshotContent,
  readSnapshotContent,
  type SnapshotContent,
  type SnapshotFacts,
} from "./snapshot-contents.ts";
import type { TargetKind } from "./target-kinds.ts";

const SNAPSHOTS = { group: "snapshot.storage.k8s.io", resource: "volumesnapshots" };

export interface SnapshotsRequest {
  readonly kinds: readonly SelectedKind[];
  readonly contents: Contents;
  readonly existing: Existing;
  readonly targetKind: (kind: ItemKind) => TargetKind;
  readonly mapNamespace: (namespace: string) => string;
  readonly signal: AbortSignal;
}

/** What becomes of the contents of snapshots that are part of a restore: by name as in the backup. */
export async function decideSnapshots(
  cluster: Cluster,
  request: SnapshotsRequest,
): Promise<ReadonlyMap<string, SnapshotContentFate>> {
  const { kinds, existing, mapNamespace } = request;
  const snapshot: SnapshotFacts["snapshot"] = (namespace, name) => {
    const mark = existing.find(SNAPSHOTS, namespace, name);
    if (!isThere(mark)) return "absent";
    return mark.isOwn === true ? "own" : "there";
  };
  const fates = new Map<string, SnapshotContentFate>();
  for (const selected of kinds.filter(({ kind }) => isSnapshotContent(kind))) {
    const facts = { mapNamespace, snapshot, live: await readLiveContents(cluster, selected.kind, request) };
    for await (const content of storedContents(selected, request)) {
      fates.set(content.name, decideSnapshotContent(content, facts));
    }
  }
  return fates;
}

async function* storedContents(
  { batches }: SelectedKind,
  { contents, signal }: SnapshotsRequest,
): AsyncGenerator<SnapshotContent> {
  for await (const batch of batches()) {
    const returning = batch.filter(({ terminating }) => !terminating);
    for await (const read of contents.read(returning, signal)) {
      // Damaged items are named by the check before the first write.
      const object = read.ok ? parseExactBytes(read.bytes) : undefined;
      if (isExactObject(object)) yield readSnapshotContent(object);
    }
  }
}

/** None where the cluster does not serve them or a caller may not see them. */
async function readLiveContents(
  cluster: Cluster,
  stored: ItemKind,
  { targetKind, signal }: SnapshotsRequest,
): Promise<ReadonlyMap<string, SnapshotContent>> {
  const found = new Map<string, SnapshotContent>();
  const target = targetKind(stored);
  if (!target.served) return found;
  try {
    for await (const bytes of eachObject(cluster, { kind: target.kind, namespaces: [], signal })) {
      const object = parseExactBytes(bytes);
      if (!isExactObject(object)) continue;
      const content = readSnapshotContent(object);
      found.set(content.name, content);
    }
  } catch (error) {
    if (!isFailure(error, "cluster-forbidden")) throw error;
  }
  return found;
}
