import type { Cluster } from "#core/kube/cluster.ts";
import { describeError, isFailure } from "#core/model/errors.ts";
import { groupResource, type ItemKind, itemTitle } from "#core/model/item.ts";
import { textAt } from "#core/objects/edit-object.ts";
import { type ExactObject, isExactObject, parseExactBytes } from "#core/objects/exact-json.ts";
import { hasHosts, hostsOf } from "./hosts.ts";

/** Which live objects have which hosts. */
export interface TakenHosts {
  /** Title of an object of the same kind that has the host, other than the one of that name. */
  other(
    kind: ItemKind,
    host: string,
    own: { readonly namespace: string; readonly name: string },
  ): string | undefined;
  readonly warnings: readonly string[];
}

/** Reads the kinds with hosts among those that the restore means, in all namespaces. */
export async function readTakenHosts(
  cluster: Cluster,
  kinds: readonly ItemKind[],
  signal: AbortSignal,
): Promise<TakenHosts> {
  const holders = new Map<string, string[]>();
  const warnings: string[] = [];
  for (const kind of kinds.filter(hasHosts)) {
    try {
      for await (const object of liveObjects(cluster, kind, signal)) noteHosts(holders, kind, object);
    } catch (error) {
      if (!isFailure(error) || error.reply === undefined) throw error;
      warnings.push(
        `which hosts other ${groupResource(kind)} have could not be read: ${describeError(error)}`,
      );
    }
  }
  return {
    other: (kind, host, own) =>
      holders.get(keyOf(kind, host))?.find((title) => title !== itemTitle(kind, own)),
    warnings,
  };
}

async function* liveObjects(
  cluster: Cluster,
  resource: ItemKind,
  signal: AbortSignal,
): AsyncGenerator<ExactObject> {
  for await (const batch of cluster.list({ resource, signal })) {
    const objects = batch.map((bytes) => parseExactBytes(bytes)).filter(isExactObject);
    yield* objects.filter((object) => textAt(object, ["metadata", "deletionTimestamp"]) === "");
  }
}

function noteHosts(holders: Map<string, string[]>, kind: ItemKind, object: ExactObject): void {
  for (const host of hostsOf(kind, object)) {
    const key = keyOf(kind, host);
    const titles = holders.get(key) ?? [];
    holders.set(key, titles);
    titles.push(itemTitle(kind, nameOf(object)));
  }
}

function nameOf(object: ExactObject) {
  return { namespace: textAt(object, ["metadata", "namespace"]), name: textAt(object, ["metadata", "name"]) };
}

function keyOf(kind: ItemKind, host: string): string {
  return `${groupResource(kind)} ${host}`;
}
