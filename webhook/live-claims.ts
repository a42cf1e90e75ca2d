import { createLimit } from "#core/flow/limit.ts";
import { SharedRun } from "#core/flow/shared-run.ts";
import { withDeadline } from "#core/flow/with-deadline.ts";
import { readLiveClaims } from "#core/guard/live-claims.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import type { LiveClaim } from "#core/protection/judge-backup.ts";
import { openClaimsTogether } from "./claims-together.ts";

/** Whoever floods the guard with reviews must not flood the API server through it. */
const AT_ONCE = 8;
/** No answer waits for longer. */
const READ_MS = 4500;

export type LiveClaims = (namespace: string) => Promise<readonly LiveClaim[]>;

/**
 * The claims of a namespace as a reading found them that began after the call; all who wait for it share it, those who
 * ask about other namespaces too where the cluster has few claims.
 */
export function openLiveClaims(
  cluster: Pick<Cluster, "list" | "get">,
  signal: AbortSignal,
  monotonicMs = () => performance.now(),
): LiveClaims {
  const within = { signal, withinMs: READ_MS };
  const limit = createLimit(AT_ONCE);
  const runs = new Map<string, SharedRun<string, readonly LiveClaim[]>>();
  const read = (namespace: string) =>
    withDeadline(within, (own) => limit.run(() => readLiveClaims(cluster, namespace, own), own));
  const together = openClaimsTogether(cluster, { within, readOne: read, monotonicMs });
  return async (namespace) => {
    const shared = await together(namespace);
    if (shared !== undefined) return shared;
    const run = runs.get(namespace) ?? new SharedRun(read, { pauseAfter: () => 0 });
    runs.set(namespace, run);
    try {
      return await run.join(namespace);
    } finally {
      if (run.isIdle) runs.delete(namespace);
    }
  };
}
