import { setTimeout as delay } from "node:timers/promises";

export interface SharedRunOptions {
  /** How long nothing begins after a run that took so long. */
  readonly pauseAfter: (tookMs: number) => number;
  readonly pause?: ((ms: number) => Promise<void>) | undefined;
  /** Milliseconds that only grow. */
  readonly clock?: (() => number) | undefined;
}

/**
 * Work that many ask for and whose answer has to be younger than the question. Whoever asks while a run is under way
 * gets the answer of the next one, as all do who ask before that begins: however many ask, one run is under way and at
 * most one is awaited.
 */
export class SharedRun<I, T> {
  readonly #work: (input: I) => Promise<T>;
  readonly #pauseAfter: (tookMs: number) => number;
  readonly #pause: (ms: number) => Promise<void>;
  readonly #clock: () => number;
  /** Settles when the run before and its pause are over. */
  #rest: Promise<void> = Promise.resolve();
  #next: Promise<T> | undefined;
  #underWay = 0;

  constructor(work: (input: I) => Promise<T>, { pauseAfter, pause, clock }: SharedRunOptions) {
    this.#work = work;
    this.#pauseAfter = pauseAfter;
    this.#pause = pause ?? unheld;
    this.#clock = clock ?? (() => performance.now());
  }

  /** Nobody waits for it. */
  get isIdle(): boolean {
    return this.#next === undefined && this.#underWay === 0;
  }

  /** The input is taken of whoever is the first to await a run. */
  join(input: I): Promise<T> {
    this.#next ??= this.#begin(input);
    return this.#next;
  }

  async #begin(input: I): Promise<T> {
    await this.#rest;
    this.#next = undefined;
    this.#underWay += 1;
    const startedAt = this.#clock();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#rest = promise;
    try {
      return await this.#work(input);
    } finally {
      this.#underWay -= 1;
      const pauseMs = this.#pauseAfter(this.#clock() - startedAt);
      if (pauseMs > 0) void this.#pause(pauseMs).then(resolve);
      else resolve();
    }
  }
}

/** Keeps no process alive. */
function unheld(ms: number): Promise<void> {
  return delay(ms, undefined, { ref: false });
}
