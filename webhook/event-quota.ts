/** The limits are for a minute each. */
const MINUTE_MS = 60_000;
/** In all: whoever floods the guard with reviews must not flood the API server through it. */
const MOST = 60;

/** Which of many like things may still be told: one a minute of each, and so many of all. */
export class EventQuota {
  readonly #monotonicMs: () => number;
  /** By what is told, the oldest first. */
  readonly #toldAtMs = new Map<string, number>();

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  /** true: counted as told. */
  take(key: string): boolean {
    const nowMs = this.#monotonicMs();
    for (const [other, atMs] of this.#toldAtMs) {
      if (nowMs - atMs < MINUTE_MS) break;
      this.#toldAtMs.delete(other);
    }
    if (this.#toldAtMs.has(key) || this.#toldAtMs.size >= MOST) return false;
    this.#toldAtMs.set(key, nowMs);
    return true;
  }
}
