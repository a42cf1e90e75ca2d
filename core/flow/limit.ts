import pLimit from "p-limit";

/** At most so many tasks at once, first come first served; how many may change while it runs. */
export interface Limit {
  /** Starts the task when there is room. A task still waiting when the signal fires never starts. */
  run<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T>;
  setConcurrency(concurrency: number): void;
  readonly concurrency: number;
  readonly active: number;
  readonly waiting: number;
}

export function createLimit(concurrency: number): Limit {
  const limit = pLimit(concurrency);
  return {
    run: (task, signal) =>
      limit(() => {
        signal.throwIfAborted();
        return task();
      }),
    setConcurrency: (value) => {
      limit.concurrency = value;
    },
    get concurrency() {
      return limit.concurrency;
    },
    get active() {
      return limit.activeCount;
    },
    get waiting() {
      return limit.pendingCount;
    },
  };
}
