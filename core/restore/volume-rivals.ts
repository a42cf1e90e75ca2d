import type { Volume } from "./claims.ts";

export interface VolumeFacts {
  /** By name as in the backup. */
  readonly stored: ReadonlyMap<string, Volume>;
  /** Names of those that are selected. */
  readonly selected: ReadonlySet<string>;
  /** Names of those that return with their claims. */
  readonly returning: ReadonlySet<string>;
  /** By name; undefined: they may not be listed. */
  readonly live: ReadonlyMap<string, Volume> | undefined;
}

const UNKNOWN = "the cluster's volumes may not be listed, so one of them may lie on the same disk";

/**
 * By name: selected volumes without a claim that must not be created, and why. The server accepts a second volume on
 * one disk, and whoever binds both writes over the other's data.
 */
export function findVolumeRivals({
  stored,
  selected,
  returning,
  live,
}: VolumeFacts): ReadonlyMap<string, string> {
  const free = pick(stored, selected).filter(({ name, claim }) => claim === undefined && !live?.has(name));
  if (live === undefined) return new Map(free.map(({ name }) => [name, UNKNOWN]));
  const refused = new Map<string, string>();
  const takers = diskTakers([...live.values(), ...pick(stored, returning)]);
  for (const { name, handle } of free) {
    const taker = takers.get(handle);
    if (taker !== undefined) refused.set(name, `the volume ${taker} lies on the same disk`);
    else if (handle !== "") takers.set(handle, name);
  }
  return refused;
}

function diskTakers(volumes: readonly Volume[]): Map<string, string> {
  return new Map(volumes.filter(({ handle }) => handle !== "").map(({ handle, name }) => [handle, name]));
}

function pick(volumes: ReadonlyMap<string, Volume>, names: ReadonlySet<string>): readonly Volume[] {
  return [...volumes.values()].filter(({ name }) => names.has(name));
}
