import { onAbort } from "#core/flow/on-abort.ts";
import { textAt } from "#core/objects/edit-object.ts";
import { type ExactObject, isExactObject, parseExactBytes } from "#core/objects/exact-json.ts";
import type { Follower } from "#core/restore/follow-objects.ts";

/** The pods of a namespace as they are now; who waits for one is told of every change. */
export class PodBoard {
  readonly #pods = new Map<string, ExactObject>();
  readonly #waiting = new Set<() => void>();
  #failure: unknown;
  #changes = 0;

  /** Those that are not on their way out. */
  get pods(): readonly ExactObject[] {
    return [...this.#pods.values()];
  }

  readonly follower: Follower = {
    onList: () => this.#pods.clear(),
    see: (bytes, how) => {
      const pod = parseExactBytes(bytes);
      if (!isExactObject(pod)) return;
      const uid = textAt(pod, ["metadata", "uid"]);
      const isLeaving = how === "DELETED" || textAt(pod, ["metadata", "deletionTimestamp"]) !== "";
      if (isLeaving) this.#pods.delete(uid);
      else this.#pods.set(uid, pod);
      this.wake();
    },
    hasEnough: () => false,
  };

  /** The pods cannot be seen any more: all that wait for them are told why. */
  fail(error: unknown): void {
    this.#failure = error;
    this.wake();
  }

  /** How many there were. */
  get changes(): number {
    return this.#changes;
  }

  wake(): void {
    this.#changes += 1;
    for (const wake of [...this.#waiting]) wake();
  }

  /** Resolves when there were more changes than that, or after that time. Throws what `fail` was told. */
  async changed(since: number, withinMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#failure === undefined && this.#changes === since)
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          forget();
          this.#waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, withinMs);
        const forget = onAbort(signal, wake);
        this.#waiting.add(wake);
      });
    signal.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure;
  }
}
