import { forEachLimited } from "#core/flow/for-each-limited.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import type { ItemKind } from "#core/model/item.ts";
import { type ExactObject, isExactObject, parseExactBytes } from "#core/objects/exact-json.ts";
import { readItemHeader } from "#core/objects/item-header.ts";
import { eachObject } from "#core/restore/existing.ts";

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
const READS_IN_FLIGHT = 8;

/** By `namespace/name`, of those that are there: few one by one, many by a list. */
export async function readLiveObjects(
  cluster: Cluster,
  { kind, names, signal }: LiveObjectsRequest,
): Promise<ReadonlyMap<string, ExactObject>> {
  const found = new Map<string, ExactObject>();
  const keep = (bytes: Uint8Array, { namespace, name }: ObjectName): void => {
    const object = parseExactBytes(bytes);
    if (isExactObject(object)) found.set(`${namespace}/${name}`, object);
  };
  const groups = Map.groupBy(names, ({ namespace }) => namespace);
  for (const [namespace, group] of groups) {
    if (group.length <= SINGLE_READS) {
      await forEachLimited(group, { concurrency: READS_IN_FLIGHT, signal }, async (one) => {
        const bytes = await cluster.get({ resource: kind, ...one }, signal);
        if (bytes !== undefined) keep(bytes, one);
      });
      continue;
    }
    const wanted = new Set(group.map(({ name }) => name));
    for await (const bytes of eachObject(cluster, { kind, namespaces: [namespace], signal })) {
      const header = readItemHeader(bytes);
      if (wanted.has(header.name)) keep(bytes, header);
    }
  }
  return found;
}
