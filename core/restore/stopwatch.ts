/** Seconds per phase, for the report. */
export class Stopwatch {
  readonly #seconds: { [phase: string]: number } = {};

  async time<T>(phase: string, work: () => Promise<T>): Promise<T> {
    const from = performance.now();
    try {
      return await work();
    } finally {
      this.#seconds[phase] = Math.round(performance.now() - from) / 1000;
    }
  }

  get seconds(): Readonly<Record<string, number>> {
    return { ...this.#seconds };
  }
}
