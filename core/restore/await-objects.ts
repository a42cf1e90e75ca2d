import type { Cluster } from "#core/kube/cluster.ts";
import type { ItemKind } from "#core/model/item.ts";
import { textAt } from "#core/objects/edit-object.ts";
import { isExactObject, parseExactBytes } from "#core/objects/exact-json.ts";
import { followObjects } from "./follow-objects.ts";
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
  const sight = { kind: group.kind, pending, failed, ...options };
  const { kind: resource, namespace } = group;
  try {
    await followObjects(
      cluster,
      { resource, namespace, signal: options.signal },
      { see: (object) => seeObject(object, sight), hasEnough: () => pending.size === 0 },
    );
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
