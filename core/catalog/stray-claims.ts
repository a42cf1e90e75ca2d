import { BACKUPS_PREFIX, backupFolder, committedBackup, runOfClaim } from "#core/format/layout.ts";
import type { ObjectReader, ObjectStore } from "#core/storage/object-store.ts";
import { liveRivals } from "./claim-rivals.ts";
import { viewFolder } from "./folder-view.ts";
import type { ProcessTable } from "./process-identity.ts";

/** How long a run that has ended waits for the look that goes on beside it: over a listing's page, under annoyance. */
const GRACE_MS = 1000;

export interface SweepEnvironment {
  readonly store: ObjectStore;
  readonly processes: ProcessTable;
}

export interface ClaimSweep {
  /** Stops it unless it ends soon. Never throws: what is left over is in nobody's way. */
  end(): Promise<void>;
}

/**
 * A run that was killed when its backup was committed and its claim not yet removed leaves that claim for good: nobody
 * claims the name again. So every run looks through the location, beside its own work, and removes such claims.
 */
export function sweepClaims(environment: SweepEnvironment, signal: AbortSignal): ClaimSweep {
  const stop = new AbortController();
  const sweeping = removeFound(environment, AbortSignal.any([signal, stop.signal])).catch(() => undefined);
  return {
    async end() {
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(late.resolve, signal.aborted ? 0 : GRACE_MS);
      await Promise.race([sweeping, late.promise]);
      clearTimeout(timer);
      stop.abort();
    },
  };
}

async function removeFound(environment: SweepEnvironment, signal: AbortSignal): Promise<void> {
  for (const name of await claimedAndCommitted(environment.store, signal)) {
    await removeStrayClaims(name, environment, signal);
  }
}

/** In the order of keys a backup's claims come before its commit object. */
async function claimedAndCommitted(store: ObjectReader, signal: AbortSignal): Promise<readonly string[]> {
  const claimed = new Set<string>();
  const found: string[] = [];
  for await (const page of store.list(BACKUPS_PREFIX, { signal })) {
    for (const { key } of page.objects) {
      const [, name = "", file = ""] = key.split("/");
      if (runOfClaim(file) !== undefined) claimed.add(name);
      if (claimed.has(name) && committedBackup(key) === name) found.push(name);
    }
  }
  return found;
}

/**
 * Removes the claims of runs that are over from a backup's folder, where it is committed. Judged by a listing of its own
 * and as when a name is taken over: the process is known to be gone, or the claim is too old by the store's clock. A
 * claim's key is its run's alone, so nobody else's can be hit.
 */
export async function removeStrayClaims(
  name: string,
  { store, processes }: SweepEnvironment,
  signal: AbortSignal,
): Promise<void> {
  const view = await viewFolder(store, backupFolder(name), signal);
  if (view.commit === undefined || view.claims.length === 0) return;
  const live = await liveRivals(view, { ownRunId: undefined, store, processes, signal });
  const stray = view.claims.filter((claim) => !live.includes(claim)).flatMap(({ keys }) => keys);
  if (stray.length > 0) await store.remove(stray, signal);
}
