import { createLimit } from "#core/flow/limit.ts";
import { SharedRun } from "#core/flow/shared-run.ts";
import { withDeadline } from "#core/flow/with-deadline.ts";
import { readLiveClaims } from "#core/guard/live-claims.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import type { LiveClaim } from "#core/protection/judge-backup.ts";

/** Whoever floods the guard with reviews must not flood the API server through it. */
const AT_ONCE = 8;
/** No answer waits for longer. */
const READ_MS = 4500;

export type LiveClaims = (namespace: string) => Promise<readonly LiveClaim[]>;

/** The claims of a namespace as a reading found them that began after the call; all who wait for it share it. */
export function openLiveClaims(cluster: Pick<Cluster, "list" | "get">, signal: AbortSignal): LiveClaims {
  const limit = createLimit(AT_ONCE);
  const runs = new Map<string, SharedRun<string, readonly LiveClaim[]>>();
  const read = (namespace: string) =>
    withDeadline({ signal, withinMs: READ_MS }, (own) =>
      limit.run(() => readLiveClaims(cluster, namespace, own), own),
    );
  return async (namespace) => {
    const run = runs.get(namespace) ?? new SharedRun(read, { pauseAfter: () => 0 });
    runs.set(namespace, run);
    try {
      return await run.join(namespace);
    } finally {
      if (run.isIdle) runs.delete(namespace);
    }
  };
}
