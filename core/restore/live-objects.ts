import { forEachLimited } from "#core/flow/for-each-limited.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import type { ItemKind } from "#core/model/item.ts";
import { type ExactObject, isExactObject, parseExactBytes } from "#core/objects/exact-json.ts";
import { readItemHeader } from "#core/objects/item-header.ts";
import { eachObject } from "./existing.ts";

export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

export interface LiveObjectsRequest {
  readonly kind: ItemKind;
  readonly names: readonly ObjectName[];
  readonly signal: AbortSignal;
}

/** More objects of one namespace than this are read by a list of all that lie in it. */
const SINGLE_READS = 20;
/** More than this in all, a few in each namespace, by one list of the kind. */
const MOST_SINGLE_READS = 200;
const READS_IN_FLIGHT = 8;

/** By `namespace/name`, of those that are there. */
export async function readLiveObjects(
  cluster: Cluster,
  request: LiveObjectsRequest,
): Promise<ReadonlyMap<string, ExactObject>> {
  const found = new Map<string, ExactObject>();
  await visitLiveObjects(cluster, request, (object, key) => void found.set(key, object));
  return found;
}

/** The same, and none of them is kept: few are read one by one, many by lists. */
export async function visitLiveObjects(
  cluster: Cluster,
  { kind, names, signal }: LiveObjectsRequest,
  visit: (object: ExactObject, key: string) => void,
): Promise<void> {
  const keep = (bytes: Uint8Array, one: ObjectName): void => {
    const object = parseExactBytes(bytes);
    if (isExactObject(object)) visit(object, keyOf(one));
  };
  const { few, many } = shared(names);
  await forEachLimited(few, { concurrency: READS_IN_FLIGHT, signal }, async (one) => {
    const bytes = await cluster.get({ resource: kind, namespace: one.namespace, name: one.name }, signal);
    if (bytes !== undefined) keep(bytes, one);
  });
  if (many.length === 0) return;
  const wanted = new Set(many.map(keyOf));
  const namespaces = [...new Set(many.map(({ namespace }) => namespace))];
  for await (const bytes of eachObject(cluster, { kind, namespaces, signal })) {
    const header = readItemHeader(bytes);
    if (wanted.has(keyOf(header))) keep(bytes, header);
  }
}

interface Shares {
  readonly few: readonly ObjectName[];
  readonly many: readonly ObjectName[];
}

function shared(names: readonly ObjectName[]): Shares {
  const groups = [...Map.groupBy(names, ({ namespace }) => namespace).values()];
  const few = groups.filter(({ length }) => length <= SINGLE_READS).flat();
  if (few.length > MOST_SINGLE_READS) return { few: [], many: names };
  return { few, many: groups.filter(({ length }) => length > SINGLE_READS).flat() };
}

function keyOf({ namespace, name }: ObjectName): string {
  return `${namespace}/${name}`;
}
