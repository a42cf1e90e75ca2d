import type { Cluster } from "#core/kube/cluster.ts";
import { isFailure } from "#core/model/errors.ts";
import type { ItemKind } from "#core/model/item.ts";
import { isExactObject, parseExactBytes } from "#core/objects/exact-json.ts";
import type { Contents } from "./contents.ts";
import { eachParsed } from "./each-parsed.ts";
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
  const { kinds, contents, existing, mapNamespace, signal } = request;
  const snapshot: SnapshotFacts["snapshot"] = (namespace, name) => {
    const mark = existing.find(SNAPSHOTS, namespace, name);
    if (!isThere(mark)) return "absent";
    return mark.isOwn === true ? "own" : "there";
  };
  const fates = new Map<string, SnapshotContentFate>();
  for (const selected of kinds.filter(({ kind }) => isSnapshotContent(kind))) {
    const facts = { mapNamespace, snapshot, live: await readLiveContents(cluster, selected.kind, request) };
    for await (const { item, object } of eachParsed(contents, [selected], signal)) {
      // One that was being deleted does not return.
      if (!item.terminating) fates.set(item.name, decideSnapshotContent(readSnapshotContent(object), facts));
    }
  }
  return fates;
}

/** None where the cluster does not serve them; undefined where a caller may not see them. */
async function readLiveContents(
  cluster: Cluster,
  stored: ItemKind,
  { targetKind, signal }: SnapshotsRequest,
): Promise<ReadonlyMap<string, SnapshotContent> | undefined> {
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
    return found;
  } catch (error) {
    if (isFailure(error, "cluster-forbidden")) return undefined;
    throw error;
  }
}
