import { sleep } from "#core/flow/sleep.ts";
import type { Cluster, ListRequest, WatchEvent } from "#core/kube/cluster.ts";
import { isFailure } from "#core/model/errors.ts";

export type FollowedScope = Pick<ListRequest, "resource" | "namespace" | "signal">;

export interface Follower {
  /** A list begins: what it does not hold is gone. */
  readonly onList?: (() => void) | undefined;
  readonly see: (object: Uint8Array, how: "LISTED" | Exclude<WatchEvent["type"], "BOOKMARK">) => void;
  /** Asked after each list and each change. */
  readonly hasEnough: () => boolean;
}

/** What lies on the way may cut every watch short: no more lists a minute than this makes. */
const BREAK_PAUSE_MS = 1_000;

/** Lists and then watches, again and again, until that is enough or the signal fires, which throws. */
export async function followObjects(
  cluster: Cluster,
  scope: FollowedScope,
  follower: Follower,
): Promise<void> {
  while (!follower.hasEnough()) await listAndWatch(cluster, scope, follower);
}

/** Ends when that is enough, or when the watch ends and a new list is due. */
async function listAndWatch(cluster: Cluster, scope: FollowedScope, follower: Follower): Promise<void> {
  const { see, hasEnough } = follower;
  const resourceVersion = await seeList(cluster, scope, follower);
  if (hasEnough()) return;
  try {
    for await (const event of cluster.watch({ ...scope, resourceVersion })) {
      if (event.type !== "BOOKMARK") see(event.object, event.type);
      if (hasEnough()) return;
    }
  } catch (error) {
    if (!isBreak(error)) throw error;
  }
  await sleep(BREAK_PAUSE_MS, scope.signal);
}

/** A new list goes on from where the watch ended; where the server is gone, that list tells. */
function isBreak(error: unknown): boolean {
  return isFailure(error) && (error.retryable || error.reply?.status === 410);
}

/** The list's resourceVersion, to watch from. */
async function seeList(cluster: Cluster, scope: FollowedScope, { onList, see }: Follower): Promise<string> {
  const list = cluster.list(scope);
  let step = await list.next();
  onList?.();
  while (step.done !== true) {
    for (const object of step.value) see(object, "LISTED");
    step = await list.next();
  }
  return step.value.resourceVersion;
}
