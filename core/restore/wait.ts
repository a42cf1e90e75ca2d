import type { Cluster } from "#core/kube/cluster.ts";
import { isFailure } from "#core/model/errors.ts";
import { groupResource, type ItemKind } from "#core/model/item.ts";
import type { OnProgress } from "#core/model/progress.ts";
import { objectsAt, textAt } from "#core/objects/edit-object.ts";
import { isExactObject, parseExactBytes } from "#core/objects/exact-json.ts";
import { type AwaitedObjects, awaitObjects, type Unready } from "./await-objects.ts";
import { eachObject } from "./existing.ts";

export interface WaitEnd {
  /** Why nothing was waited for, where nothing was. */
  readonly notWaited?: string | undefined;
  readonly unready: readonly Unready[];
}

export interface WaitRequest {
  readonly awaited: readonly AwaitedObjects[];
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

/** Readiness of what was restored; without a Ready node no pod could ever run, and nothing is waited for. */
export async function waitForReadiness(cluster: Cluster, request: WaitRequest): Promise<WaitEnd> {
  const { awaited, signal, onProgress } = request;
  if (awaited.length === 0) return { unready: [] };
  if (!(await hasReadyNode(cluster, signal)))
    return { notWaited: "no node is Ready: workloads cannot start", unready: [] };
  const wanted = await withoutPatientClaims(cluster, awaited, signal);
  const total = wanted.reduce((sum, { keys }) => sum + keys.size, 0);
  let done = 0;
  onProgress({ type: "phase-started", phase: "wait", total });
  const onReady = () => {
    done += 1;
    onProgress({ type: "phase-advanced", phase: "wait", done, total });
  };
  const until = AbortSignal.any([signal, AbortSignal.timeout(request.timeoutSeconds * 1000)]);
  const unready = await Promise.all(
    wanted.map((objects) => awaitObjects(cluster, objects, { signal: until, onReady })),
  );
  signal.throwIfAborted();
  onProgress({ type: "phase-ended", phase: "wait", done });
  return { unready: unready.flat() };
}

const NODES: ItemKind = { group: "", version: "v1", resource: "nodes", kind: "Node", namespaced: false };

/** Without one no pod can start. */
export async function hasReadyNode(cluster: Cluster, signal: AbortSignal): Promise<boolean> {
  try {
    for await (const bytes of eachObject(cluster, { kind: NODES, namespaces: [], signal })) {
      const node = parseExactBytes(bytes);
      if (!isExactObject(node)) continue;
      const conditions = objectsAt(node, ["status", "conditions"]);
      if (conditions.some(({ type, status }) => type === "Ready" && status === "True")) return true;
    }
    return false;
  } catch (error) {
    // A caller who may not see nodes: the usual case is that there are some.
    if (isFailure(error, "cluster-forbidden")) return true;
    throw error;
  }
}

const CLASSES: ItemKind = {
  group: "storage.k8s.io",
  version: "v1",
  resource: "storageclasses",
  kind: "StorageClass",
  namespaced: false,
};

/** Where a class binds at the first consumer, a claim that no pod mounts stays unbound by plan. */
async function withoutPatientClaims(
  cluster: Cluster,
  awaited: readonly AwaitedObjects[],
  signal: AbortSignal,
): Promise<readonly AwaitedObjects[]> {
  const claims = awaited.find(({ kind }) => groupResource(kind) === "persistentvolumeclaims");
  if (claims === undefined) return awaited;
  try {
    for await (const bytes of eachObject(cluster, { kind: CLASSES, namespaces: [], signal })) {
      const object = parseExactBytes(bytes);
      if (isExactObject(object) && textAt(object, ["volumeBindingMode"]) === "WaitForFirstConsumer") {
        return awaited.filter((objects) => objects !== claims);
      }
    }
  } catch (error) {
    if (!isFailure(error, "cluster-forbidden")) throw error;
    return awaited.filter((objects) => objects !== claims);
  }
  return awaited;
}
