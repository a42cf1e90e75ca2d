/**
 * The API server's clock as its Date headers tell, carried on by a clock of ours that only grows: a machine whose clock
 * is wrong, or is set while a backup runs, must not matter.
 */
export class ServerClock {
  readonly #monotonicMs: () => number;
  readonly #localMs: () => number;
  #offsetMs: number | undefined;

  constructor(clocks: { monotonicMs?: () => number; localMs?: () => number } = {}) {
    this.#monotonicMs = clocks.monotonicMs ?? (() => performance.now());
    this.#localMs = clocks.localMs ?? Date.now;
  }

  /** A mark to be turned into a time later, when the first reply has come. */
  mark(): number {
    return this.#monotonicMs();
  }

  note(dateHeader: string | undefined): void {
    const serverMs = dateHeader === undefined ? Number.NaN : Date.parse(dateHeader);
    if (Number.isNaN(serverMs)) return;
    // The header is cut to whole seconds and took its time to come: each is a lower bound, so the highest is the best.
    const offsetMs = serverMs - this.#monotonicMs();
    this.#offsetMs = Math.max(offsetMs, this.#offsetMs ?? offsetMs);
  }

  now(): Date {
    return this.at(this.mark());
  }

  /** This machine's clock only where the server has never told its own. */
  at(mark: number): Date {
    const offsetMs = this.#offsetMs ?? this.#localMs() - this.#monotonicMs();
    return new Date(mark + offsetMs);
  }
}
