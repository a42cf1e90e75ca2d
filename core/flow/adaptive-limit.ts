/**
 * Finds by itself how many tasks at once go fastest: twice as many while that brings more, then more or fewer by steps, half
 * when pushed back. (TCP's slow start: a limit that only crept up would be found when a restore of a few thousand objects is over.)
 */
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
/** Of what runs at once. */
const STEP = 1 / 4;
/** Rates within so much of each other are the same rate. */
const NOTICEABLE = 0.05;

export function createAdaptiveLimit(options: AdaptiveOptions): AdaptiveLimit {
  const clock = options.clock ?? (() => performance.now());
  const waiting: (() => void)[] = [];
  let active = 0;
  let state: Climb = { concurrency: options.start, rate: 0, direction: 1, doubles: true };
  let window = { done: 0, pushedBack: false, since: clock() };
  const begin = (): void => {
    window = { done: 0, pushedBack: false, since: clock() };
  };

  const admit = (): void => {
    while (active < state.concurrency && waiting.length > 0) {
      active += 1;
      waiting.shift()?.();
    }
  };
  const measure = (): void => {
    window.done += 1;
    // Most places stood empty: what is slow now is the supply of tasks. (Some are empty for a moment after each reply.)
    if (active + 1 < state.concurrency / 2 && !window.pushedBack) {
      begin();
      return;
    }
    if (window.done < state.concurrency * ROUNDS && !window.pushedBack) return;
    const rate = (window.done / Math.max(1, clock() - window.since)) * 1000;
    state = climb(state, { rate, pushedBack: window.pushedBack }, options);
    begin();
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
      // Nothing ran, so the time until now tells nothing.
      if (active === 0 && waiting.length === 0) begin();
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
  /** Until twice as many first bring no more. */
  readonly doubles: boolean;
}

/** One step of the search: on while it pays, back when it costs, stay when it makes no difference. */
export function climb(
  last: Climb,
  seen: { readonly rate: number; readonly pushedBack: boolean },
  { least, most }: Pick<AdaptiveOptions, "least" | "most">,
): Climb {
  const { concurrency, doubles } = last;
  const within = (value: number) => Math.min(most, Math.max(least, Math.round(value)));
  const step = Math.max(1, concurrency * STEP);
  const { rate } = seen;
  // What was refused at once says nothing about the rate: the next measurement is the yardstick.
  if (seen.pushedBack) return { concurrency: within(concurrency / 2), rate: 0, direction: 1, doubles: false };
  if (rate > last.rate * (1 + NOTICEABLE)) {
    return {
      ...last,
      concurrency: within(doubles ? concurrency * 2 : concurrency + step * last.direction),
      rate,
    };
  }
  if (rate >= last.rate * (1 - NOTICEABLE)) return { ...last, rate, doubles: false };
  const direction = last.direction === 1 ? -1 : 1;
  const next = within(doubles ? concurrency / 2 : concurrency + step * direction);
  return { concurrency: next, rate, direction, doubles: false };
}
