import type { Cluster } from "#core/kube/cluster.ts";
import { annotationKeys } from "#core/model/annotations.ts";
import { isFailure } from "#core/model/errors.ts";
import { textAt } from "#core/objects/edit-object.ts";
import { type ExactObject, isExactObject, parseExactBytes } from "#core/objects/exact-json.ts";
import { contentDigest } from "./content-digest.ts";
import { eachObject, type ObjectsRequest } from "./existing.ts";
import { isNamespace } from "./select.ts";

/** What comparing with a live object, and changing that very one, needs. */
export interface LiveState {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly digest: string;
  /** Steps that a restore which broke off still owed it; "" as a rule. */
  readonly pending: string;
  /** `backup/restore` that created it; "" where none did. */
  readonly restoredFrom: string;
}

/** By `namespace/name`, from whole lists: read only for kinds of which some selected object exists. */
export async function readLiveDigests(
  cluster: Cluster,
  request: ObjectsRequest,
): Promise<ReadonlyMap<string, LiveState>> {
  const states = new Map<string, LiveState>();
  for await (const bytes of liveObjects(cluster, request)) {
    const object = parseExactBytes(bytes);
    // One that is being deleted is as good as gone: what is equal to it must be created again.
    if (!isExactObject(object) || textAt(object, ["metadata", "deletionTimestamp"]) !== "") continue;
    const key = `${textAt(object, ["metadata", "namespace"])}/${textAt(object, ["metadata", "name"])}`;
    states.set(key, liveState(request.kind, object));
  }
  return states;
}

/** Whoever has rights in these namespaces only may read each of them and list none. */
async function* liveObjects(cluster: Cluster, request: ObjectsRequest): AsyncGenerator<Uint8Array> {
  try {
    yield* eachObject(cluster, request);
  } catch (error) {
    if (!isNamespace(request.kind) || !isFailure(error, "cluster-forbidden")) throw error;
    for (const name of request.namespaces) {
      const bytes = await cluster.get({ resource: request.kind, namespace: "", name }, request.signal);
      if (bytes !== undefined) yield bytes;
    }
  }
}

export function liveState(kind: ObjectsRequest["kind"], object: ExactObject): LiveState {
  return {
    uid: textAt(object, ["metadata", "uid"]),
    resourceVersion: textAt(object, ["metadata", "resourceVersion"]),
    digest: contentDigest(kind, object),
    pending: textAt(object, ["metadata", "annotations", annotationKeys.pendingSteps]),
    restoredFrom: textAt(object, ["metadata", "annotations", annotationKeys.restoredFrom]),
  };
}
