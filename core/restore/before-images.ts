import type { BeforeImage, RestoreWriter } from "#core/catalog/catalog.ts";
import { sleep } from "#core/flow/sleep.ts";
import { Failure } from "#core/model/errors.ts";

/** What comes within this time shares a part: a store far away answers in some tens of milliseconds. */
const GATHER_MS = 5;

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
  #waiting: Waiting[] = [];
  #isWriting = false;

  constructor(writer: RestoreWriter | undefined, signal: AbortSignal) {
    this.#writer = writer;
    this.#signal = signal;
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
      for (const { stored } of group) stored.reject(error);
    }
  }
}

function unstored(): Failure {
  return new Failure("location-error", "it was not changed, since nothing takes what it was before");
}
