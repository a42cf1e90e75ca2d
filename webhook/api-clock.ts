/** Older readings than this are not carried on: a clock that was set meanwhile would count for ever. */
const READING_LIVES_MS = 60_000;

/**
 * The API server's clock: its last Date header, carried on by a clock that only grows. This machine's own wall clock
 * is never asked, for whoever may set it would decide how old a backup is.
 */
export class ApiClock {
  readonly #read: (signal: AbortSignal) => Promise<Date>;
  readonly #monotonicMs: () => number;
  #reading: { readonly server: number; readonly atMs: number } | undefined;

  constructor(read: (signal: AbortSignal) => Promise<Date>, monotonicMs: () => number) {
    this.#read = read;
    this.#monotonicMs = monotonicMs;
  }

  /** Rejects when the last reading is too old and no other can be had. */
  async now(signal: AbortSignal): Promise<Date> {
    const known = this.#carriedOn();
    if (known !== undefined) return known;
    await this.refresh(signal);
    return this.#carriedOn() ?? new Date(Number.NaN);
  }

  /**
   * The last reading carried on however old it is, for what lasts for months; undefined before the first. Where it errs
   * that is by what this machine slept.
   */
  get roughly(): Date | undefined {
    if (this.#reading === undefined) return undefined;
    return new Date(this.#reading.server + this.#monotonicMs() - this.#reading.atMs);
  }

  async refresh(signal: AbortSignal): Promise<void> {
    const server = (await this.#read(signal)).getTime();
    this.#reading = { server, atMs: this.#monotonicMs() };
  }

  #carriedOn(): Date | undefined {
    if (this.#reading === undefined) return undefined;
    const isYoung = this.#monotonicMs() - this.#reading.atMs < READING_LIVES_MS;
    return isYoung ? this.roughly : undefined;
  }
}
