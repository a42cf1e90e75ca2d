import { sleep } from "#core/flow/sleep.ts";
import type { Cluster, ListRequest } from "#core/kube/cluster.ts";
import { isFailure } from "#core/model/errors.ts";
import type { ItemKind } from "#core/model/item.ts";
import { isExactObject, parseExactBytes } from "#core/objects/exact-json.ts";
import { textAt } from "./edit-object.ts";
import { judgeReadiness } from "./readiness.ts";

export interface AwaitedObjects {
  readonly kind: ItemKind;
  /** `namespace/name` */
  readonly keys: ReadonlySet<string>;
}

export interface Unready {
  readonly kind: ItemKind;
  readonly namespace: string;
  readonly name: string;
  readonly why: string;
}

export interface AwaitOptions {
  /** Ends the waiting, without an error. */
  readonly signal: AbortSignal;
  readonly onReady: () => void;
}

/** More namespaces than this are watched by one watch of all. */
const WATCHES = 5;

/** What lies on the way may cut every watch short: no more lists a minute than this makes. */
const BREAK_PAUSE_MS = 1_000;

/** Lists and then watches until every object is ready, has failed, or the signal fires; returns those not ready. */
export async function awaitObjects(
  cluster: Cluster,
  { kind, keys }: AwaitedObjects,
  options: AwaitOptions,
): Promise<readonly Unready[]> {
  const byNamespace = Map.groupBy(keys, (key) => key.slice(0, key.indexOf("/")));
  const groups: [string | undefined, readonly string[]][] =
    kind.namespaced && byNamespace.size <= WATCHES ? [...byNamespace] : [[undefined, [...keys]]];
  const unready = await Promise.all(
    groups.map(([namespace, group]) => awaitGroup(cluster, { kind, namespace, keys: group }, options)),
  );
  return unready.flat();
}

interface Group {
  readonly kind: ItemKind;
  /** Absent: all namespaces, or cluster-scoped. */
  readonly namespace: string | undefined;
  readonly keys: readonly string[];
}

async function awaitGroup(
  cluster: Cluster,
  group: Group,
  options: AwaitOptions,
): Promise<readonly Unready[]> {
  const pending = new Map(group.keys.map((key) => [key, "it has not been seen"]));
  const failed = new Map<string, string>();
  const see = (bytes: Uint8Array): void =>
    seeObject(bytes, { kind: group.kind, pending, failed, ...options });
  try {
    while (pending.size > 0) await listAndWatch(cluster, { ...group, pending, see }, options.signal);
  } catch (error) {
    if (!options.signal.aborted) throw error;
  }
  return [...failed, ...pending].map(([key, why]) => {
    const slash = key.indexOf("/");
    return { kind: group.kind, namespace: key.slice(0, slash), name: key.slice(slash + 1), why };
  });
}

interface Sight extends AwaitOptions {
  readonly kind: ItemKind;
  readonly pending: Map<string, string>;
  readonly failed: Map<string, string>;
}

function seeObject(bytes: Uint8Array, { kind, pending, failed, onReady }: Sight): void {
  const object = parseExactBytes(bytes);
  if (!isExactObject(object)) return;
  const key = `${textAt(object, ["metadata", "namespace"])}/${textAt(object, ["metadata", "name"])}`;
  if (!pending.has(key)) return;
  const readiness = judgeReadiness(kind, object);
  if (readiness.state === "waiting") {
    pending.set(key, readiness.why);
    return;
  }
  pending.delete(key);
  if (readiness.state === "failed") failed.set(key, readiness.why);
  else onReady();
}

interface WatchedGroup extends Group {
  readonly pending: ReadonlyMap<string, string>;
  readonly see: (bytes: Uint8Array) => void;
}

/** Ends when nothing is pending, or when the watch ends and a new list is due. */
async function listAndWatch(cluster: Cluster, group: WatchedGroup, signal: AbortSignal): Promise<void> {
  const scope = { resource: group.kind, namespace: group.namespace, signal };
  const resourceVersion = await seeList(cluster, scope, group.see);
  if (group.pending.size === 0) return;
  try {
    for await (const event of cluster.watch({ ...scope, resourceVersion })) {
      if (event.type !== "BOOKMARK") group.see(event.object);
      if (group.pending.size === 0) return;
    }
  } catch (error) {
    if (!isBreak(error)) throw error;
    await sleep(BREAK_PAUSE_MS, signal);
  }
}

/** A new list goes on from where the watch ended; where the server is gone, that list tells. */
function isBreak(error: unknown): boolean {
  return isFailure(error) && (error.retryable || error.reply?.status === 410);
}

/** The list's resourceVersion, to watch from. */
async function seeList(
  cluster: Cluster,
  scope: ListRequest,
  see: (bytes: Uint8Array) => void,
): Promise<string> {
  const list = cluster.list(scope);
  let step = await list.next();
  while (step.done !== true) {
    step.value.forEach(see);
    step = await list.next();
  }
  return step.value.resourceVersion;
}
