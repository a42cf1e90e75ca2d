/** Finds by itself how many tasks at once go fastest: more while that brings more, half when pushed back. */
export interface AdaptiveLimit {
  /** Waits for a place; the function it returns gives the place back and says how the task fared. */
  enter(signal: AbortSignal): Promise<Leave>;
  readonly concurrency: number;
}

export type Leave = (fared: "well" | "pushed-back") => void;

export interface AdaptiveOptions {
  readonly start: number;
  readonly least: number;
  readonly most: number;
  /** Milliseconds that only grow. */
  readonly clock?: (() => number) | undefined;
}

/** One measurement is over after so many rounds of all places: long enough that single slow tasks even out. */
const ROUNDS = 4;
const STEP = 8;
/** Rates within so much of each other are the same rate. */
const NOTICEABLE = 0.05;

export function createAdaptiveLimit(options: AdaptiveOptions): AdaptiveLimit {
  const clock = options.clock ?? (() => performance.now());
  const waiting: (() => void)[] = [];
  let active = 0;
  let state: Climb = { concurrency: options.start, rate: 0, direction: 1 };
  let window = { done: 0, pushedBack: false, since: clock() };

  const admit = (): void => {
    while (active < state.concurrency && waiting.length > 0) {
      active += 1;
      waiting.shift()?.();
    }
  };
  const measure = (): void => {
    window.done += 1;
    if (window.done < state.concurrency * ROUNDS && !window.pushedBack) return;
    const now = clock();
    const rate = (window.done / Math.max(1, now - window.since)) * 1000;
    state = climb(state, { rate, pushedBack: window.pushedBack }, options);
    window = { done: 0, pushedBack: false, since: now };
  };
  const leaveOnce = (): Leave => {
    let inside = true;
    return (fared) => {
      if (!inside) return;
      inside = false;
      active -= 1;
      window.pushedBack ||= fared === "pushed-back";
      measure();
      admit();
    };
  };
  return {
    enter: async (signal) => {
      signal.throwIfAborted();
      const admitted = Promise.withResolvers<void>();
      waiting.push(admitted.resolve);
      admit();
      await admitted.promise;
      return leaveOnce();
    },
    get concurrency() {
      return state.concurrency;
    },
  };
}

export interface Climb {
  readonly concurrency: number;
  /** Tasks per second in the last measurement; 0 before the first. */
  readonly rate: number;
  readonly direction: 1 | -1;
}

/** One step of the search: on while it pays, back when it costs, stay when it makes no difference. */
export function climb(
  last: Climb,
  seen: { readonly rate: number; readonly pushedBack: boolean },
  { least, most }: Pick<AdaptiveOptions, "least" | "most">,
): Climb {
  const within = (value: number) => Math.min(most, Math.max(least, Math.round(value)));
  if (seen.pushedBack) return { concurrency: within(last.concurrency / 2), rate: seen.rate, direction: 1 };
  if (seen.rate > last.rate * (1 + NOTICEABLE)) {
    return { ...last, concurrency: within(last.concurrency + STEP * last.direction), rate: seen.rate };
  }
  if (seen.rate >= last.rate * (1 - NOTICEABLE)) return { ...last, rate: seen.rate };
  const direction = last.direction === 1 ? -1 : 1;
  return { concurrency: within(last.concurrency + STEP * direction), rate: seen.rate, direction };
}
