import type { Cluster } from "#core/kube/cluster.ts";
import { isFailure } from "#core/model/errors.ts";
import type { ItemKind } from "#core/model/item.ts";
import { isExactObject, parseExactBytes } from "#core/objects/exact-json.ts";
import { type ClaimFacts, decideClaim, readVolume, type Volume } from "./claims.ts";
import { itemKey } from "./decide.ts";
import { eachObject } from "./existing.ts";
import type { ClaimFate } from "./rule.ts";
import type { Survey } from "./survey.ts";

const VOLUMES: ItemKind = {
  group: "",
  version: "v1",
  resource: "persistentvolumes",
  kind: "PersistentVolume",
  namespaced: false,
};

/** By `namespace/name` as in the backup. */
export async function decideClaims(
  cluster: Cluster,
  survey: Survey,
  facts: Omit<ClaimFacts, "storedVolumes" | "liveVolumes"> & { readonly signal: AbortSignal },
): Promise<ReadonlyMap<string, ClaimFate>> {
  const bound = survey.claims.some(({ volume }) => volume !== "");
  const liveVolumes = bound && facts.sameCluster ? await readLiveVolumes(cluster, facts.signal) : undefined;
  const complete: ClaimFacts = {
    ...facts,
    // Where the cluster's volumes are not known, none of them can be told to be free.
    sameCluster: liveVolumes !== undefined,
    storedVolumes: survey.volumes,
    liveVolumes: liveVolumes ?? new Map(),
  };
  return new Map(
    survey.claims.map((claim) => [`${claim.namespace}/${claim.name}`, decideClaim(claim, complete)]),
  );
}

/** undefined: a caller with rights in namespaces only may not see them. */
async function readLiveVolumes(
  cluster: Cluster,
  signal: AbortSignal,
): Promise<Map<string, Volume> | undefined> {
  const found = new Map<string, Volume>();
  try {
    for await (const bytes of eachObject(cluster, { kind: VOLUMES, namespaces: [], signal })) {
      const object = parseExactBytes(bytes);
      if (!isExactObject(object)) continue;
      const volume = readVolume(object);
      found.set(volume.name, volume);
    }
    return found;
  } catch (error) {
    if (isFailure(error, "cluster-forbidden")) return undefined;
    throw error;
  }
}

/** By item key: what makes pods that mount a held claim would start without its data, or hang. */
export function holdPodMakers(
  survey: Survey,
  claims: ReadonlyMap<string, ClaimFate>,
): ReadonlyMap<string, string> {
  const held = new Map<string, string[]>();
  for (const [key, { fate }] of claims) {
    const [namespace = "", name = ""] = key.split("/");
    if (fate === "held") held.set(namespace, [...(held.get(namespace) ?? []), name]);
  }
  const makers = new Map<string, string>();
  for (const { item, mountsClaim } of survey.podMakers) {
    const mounted = held.get(item.namespace)?.filter(mountsClaim) ?? [];
    if (mounted.length > 0) makers.set(itemKey(item), `mounts ${mounted.join(", ")}, which is held back`);
  }
  return makers;
}
