interface Waiter {
  readonly bytes: number;
  readonly admit: () => void;
}

/**
 * A semaphore counted in bytes: keeps what is in memory at once under a limit, whatever the size of one piece.
 * First come first served, so a large piece is never starved by small ones; one larger than the whole budget
 * is let in alone.
 */
export class ByteBudget {
  readonly #limit: number;
  #used = 0;
  readonly #waiters: Waiter[] = [];

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  get usedBytes(): number {
    return this.#used;
  }

  /** Waits for room and takes it; the function it returns gives the room back, once however often it is called. */
  async acquire(bytes: number, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#waiters.length > 0 || !this.#fits(bytes)) await this.#wait(bytes, signal);
    else this.#used += bytes;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#used -= bytes;
      this.#admitWaiting();
    };
  }

  #fits(bytes: number): boolean {
    return this.#used === 0 || this.#used + bytes <= this.#limit;
  }

  #wait(bytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        reject(signal.reason);
        this.#admitWaiting();
      };
      const admit = () => {
        signal.removeEventListener("abort", leave);
        this.#used += bytes;
        resolve();
      };
      const waiter: Waiter = { bytes, admit };
      this.#waiters.push(waiter);
      signal.addEventListener("abort", leave, { once: true });
    });
  }

  #admitWaiting(): void {
    for (let next = this.#waiters[0]; next !== undefined && this.#fits(next.bytes); next = this.#waiters[0]) {
      this.#waiters.shift();
      next.admit();
    }
  }
}
