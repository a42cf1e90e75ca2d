import type { BeforeImage, RestoreWriter } from "#core/catalog/catalog.ts";
import { sleep } from "#core/flow/sleep.ts";
import { Failure, type FailureCode, isFailure } from "#core/model/errors.ts";

/** What comes within this time shares a part: a store far away answers in some tens of milliseconds. */
const GATHER_MS = 5;

/** Of the location, not of the one image: the store has tried again for long, and would for each that follows. */
const OF_THE_LOCATION: ReadonlySet<FailureCode> = new Set([
  "location-error",
  "location-forbidden",
  "location-full",
  "location-missing",
  "location-read-only",
  "name-taken",
]);

interface Waiting {
  readonly image: BeforeImage;
  readonly stored: PromiseWithResolvers<void>;
}

/**
 * Stores objects as they are before they are changed: nobody writes before its image is stored. Those that come while
 * a part is on its way share the next one.
 */
export class BeforeImages {
  readonly #writer: RestoreWriter | undefined;
  readonly #signal: AbortSignal;
  readonly #stop: (error: unknown) => void;
  #waiting: Waiting[] = [];
  #isWriting = false;

  constructor(writer: RestoreWriter | undefined, signal: AbortSignal, stop: (error: unknown) => void) {
    this.#writer = writer;
    this.#signal = signal;
    this.#stop = stop;
  }

  /** Resolves when it is stored. */
  keep(image: BeforeImage): Promise<void> {
    const stored = Promise.withResolvers<void>();
    this.#waiting.push({ image, stored });
    void this.#write();
    return stored.promise;
  }

  async #write(): Promise<void> {
    if (this.#isWriting) return;
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      await sleep(GATHER_MS, this.#signal).catch(() => undefined);
      const group = this.#waiting;
      this.#waiting = [];
      await this.#store(group);
    }
    this.#isWriting = false;
  }

  async #store(group: readonly Waiting[]): Promise<void> {
    try {
      this.#signal.throwIfAborted();
      if (this.#writer === undefined) throw unstored();
      await this.#writer.keepBefore(
        group.map(({ image }) => image),
        this.#signal,
      );
      for (const { stored } of group) stored.resolve();
    } catch (error) {
      const isLost = this.#writer !== undefined && isFailure(error) && OF_THE_LOCATION.has(error.code);
      if (isLost && !this.#signal.aborted) this.#stop(error);
      for (const { stored } of group) stored.reject(error);
    }
  }
}

function unstored(): Failure {
  return new Failure("location-error", "it was not changed, since nothing takes what it was before");
}
