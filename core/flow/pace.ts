import { sleep } from "./sleep.ts";

/** Shorter waits than this are saved up. */
const SHORTEST_MS = 20;

export interface PaceOptions {
  readonly perSecond: number;
  readonly signal: AbortSignal;
  readonly sleep?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined;
  /** Milliseconds that only grow. */
  readonly clock?: (() => number) | undefined;
}

/** So much per second on the average: whoever has taken more waits until its time has come. */
export function createPace(options: PaceOptions): (amount: number) => Promise<void> | undefined {
  const { perSecond, signal, sleep: wait = sleep, clock = () => performance.now() } = options;
  let dueMs = Number.NEGATIVE_INFINITY;
  return (amount) => {
    const nowMs = clock();
    // What was not taken in the past is not made up for.
    dueMs = Math.max(dueMs, nowMs) + (amount / perSecond) * 1000;
    return dueMs - nowMs < SHORTEST_MS ? undefined : wait(dueMs - nowMs, signal);
  };
}
