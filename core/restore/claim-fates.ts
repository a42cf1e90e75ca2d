import type { Cluster } from "#core/kube/cluster.ts";
import { isFailure } from "#core/model/errors.ts";
import { VOLUMES } from "#core/model/known-kinds.ts";
import { isExactObject, parseExactBytes } from "#core/objects/exact-json.ts";
import { type ClaimFacts, decideClaim, readVolume, returningVolumes, type Volume } from "./claims.ts";
import { itemKey } from "./decide.ts";
import { eachObject } from "./existing.ts";
import type { LeftClaim } from "./left-claims.ts";
import type { ClaimFate } from "./rule.ts";
import type { Survey } from "./survey.ts";
import { findVolumeRivals } from "./volume-rivals.ts";

export interface DiskFates {
  /** By `namespace/name` as in the backup. */
  readonly claims: ReadonlyMap<string, ClaimFate>;
  /** By name: volumes without a claim whose disk is not known to be free, and why. */
  readonly refusedVolumes: ReadonlyMap<string, string>;
}

export interface DiskFacts extends Omit<ClaimFacts, "storedVolumes" | "liveVolumes"> {
  readonly selectedVolumes: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

/** What becomes of claims and volumes: never two volumes on one disk, never an empty one in the place of data. */
export async function decideDisks(cluster: Cluster, survey: Survey, facts: DiskFacts): Promise<DiskFates> {
  const stored = survey.volumes;
  const bound = facts.sameCluster && survey.claims.some(({ volume }) => volume !== "");
  const free = stored
    .values()
    .some(({ name, claim }) => claim === undefined && facts.selectedVolumes.has(name));
  const live = bound || free ? await readLiveVolumes(cluster, facts.signal) : undefined;
  const complete: ClaimFacts = {
    ...facts,
    // Where the cluster's volumes are not known, none of them can be told to be free.
    sameCluster: facts.sameCluster && live !== undefined,
    storedVolumes: stored,
    liveVolumes: live ?? new Map(),
  };
  const claims = new Map(
    survey.claims.map((claim) => [`${claim.namespace}/${claim.name}`, decideClaim(claim, complete)]),
  );
  const volumes = { stored, selected: facts.selectedVolumes, returning: returningVolumes(claims), live };
  return { claims, refusedVolumes: findVolumeRivals(volumes) };
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

/** By item key: what makes pods that mount a claim which does not come would start without its data, or hang. */
export function holdPodMakers(
  { podMakers }: Survey,
  claims: ReadonlyMap<string, ClaimFate>,
  absent: readonly LeftClaim[],
): ReadonlyMap<string, string> {
  const held = Map.groupBy(heldClaims(claims), ({ namespace }) => namespace);
  const left = Map.groupBy(absent, ({ namespace }) => namespace);
  const makers = new Map<string, string>();
  for (const { item, mountsClaim } of podMakers) {
    const mounted = (lost: ReadonlyMap<string, readonly LeftClaim[]>) =>
      (lost.get(item.namespace) ?? []).map(({ name }) => name).filter(mountsClaim);
    const why = whyHeld(item.namespace, { held: mounted(held), absent: mounted(left) });
    if (why !== undefined) makers.set(itemKey(item), why);
  }
  return makers;
}

function heldClaims(claims: ReadonlyMap<string, ClaimFate>): readonly LeftClaim[] {
  return [...claims]
    .filter(([, { fate }]) => fate === "held")
    .map(([key]) => {
      const [namespace = "", name = ""] = key.split("/");
      return { namespace, name };
    });
}

function whyHeld(
  namespace: string,
  { held, absent }: { readonly held: readonly string[]; readonly absent: readonly string[] },
): string | undefined {
  const reasons = [
    ...(held.length === 0 ? [] : [`${held.join(", ")}, which is held back`]),
    ...(absent.length === 0 ? [] : [whyAbsent(namespace, absent)]),
  ];
  return reasons.length === 0 ? undefined : `mounts ${reasons.join("; and ")}`;
}

function whyAbsent(namespace: string, names: readonly string[]): string {
  const allowed = names.map((name) => `${namespace}/${name}`).join(",");
  return `${names.join(", ")}, which held data and is neither restored nor in the cluster: select the claim too; --empty-volumes=${allowed} restores without it`;
}
