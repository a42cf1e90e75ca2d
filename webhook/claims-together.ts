import { SharedRun } from "#core/flow/shared-run.ts";
import { type Deadline, withDeadline } from "#core/flow/with-deadline.ts";
import { MOST_TOGETHER, readClaimsTogether } from "#core/guard/live-claims.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import type { LiveClaim } from "#core/protection/judge-backup.ts";

/** So many of all that there are cost less to read than a request for each namespace. */
const FEW_EACH = 10;
/** A cluster that had many claims may have few by now. */
const COUNT_LIVES_MS = 60_000;

export interface TogetherOptions {
  readonly within: Deadline;
  readonly readOne: (namespace: string) => Promise<readonly LiveClaim[]>;
  /** Milliseconds that only grow. */
  readonly monotonicMs: () => number;
}

/**
 * The claims of a namespace from one reading for all who asked before it began, whatever namespace they asked about: as
 * fresh as one that each began for itself. undefined: the cluster has too many claims for that, or cannot be read so.
 */
export function openClaimsTogether(
  cluster: Pick<Cluster, "list">,
  { within, readOne, monotonicMs }: TogetherOptions,
): (namespace: string) => Promise<readonly LiveClaim[] | undefined> {
  let asked = new Set<string>();
  let known = { count: 0, atMs: Number.NEGATIVE_INFINITY };
  const countNow = () => (monotonicMs() - known.atMs < COUNT_LIVES_MS ? known.count : 0);
  const note = (count: number) => {
    known = { count, atMs: monotonicMs() };
  };
  const readAll = async (namespaces: ReadonlySet<string>): Promise<ClaimsOf | undefined> => {
    try {
      const most = mostFor(namespaces);
      const { claims, count } = await withDeadline(within, (signal) =>
        readClaimsTogether(cluster, namespaces, { most, signal }),
      );
      note(count);
      return claims;
    } catch {
      // Each namespace by itself is told what is wrong, or can be read.
      note(Number.POSITIVE_INFINITY);
      return undefined;
    }
  };
  /** While each is read by itself those who ask next gather, until they are enough for one reading of all. */
  const readEach = async (namespaces: ReadonlySet<string>): Promise<ClaimsOf> => {
    const claims = new Map([...namespaces].map((namespace) => [namespace, readOne(namespace)]));
    await Promise.allSettled(claims.values());
    return claims;
  };
  const run = new SharedRun<undefined, ClaimsOf | undefined>(
    async () => {
      const namespaces = asked;
      asked = new Set();
      const count = countNow();
      if (count > MOST_TOGETHER) return undefined;
      return namespaces.size === 1 || count > mostFor(namespaces)
        ? readEach(namespaces)
        : readAll(namespaces);
    },
    { pauseAfter: () => 0 },
  );
  return async (namespace) => {
    asked.add(namespace);
    return (await run.join(undefined))?.get(namespace);
  };
}

type ClaimsOf = ReadonlyMap<string, readonly LiveClaim[] | Promise<readonly LiveClaim[]>>;

function mostFor(namespaces: ReadonlySet<string>): number {
  return Math.min(FEW_EACH * namespaces.size, MOST_TOGETHER);
}
