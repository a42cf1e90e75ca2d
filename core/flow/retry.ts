/**
 * core/flow: how much at once, how fast, how often again. Its one rule: it decides from numbers and from Failure
 * alone. It must not know what is being called: neither cluster nor bucket.
 *
 * This file: the same attempt again, with exponential back-off and jitter, the server's Retry-After obeyed.
 */
import { Failure } from "#core/model/errors.ts";
import { sleep as realSleep } from "./sleep.ts";

export interface Retry {
  readonly error: unknown;
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  readonly delayMs: number;
}

export interface RetryOptions {
  readonly signal: AbortSignal;
  /** Tries in all; the default gives about 9.5 s of waiting on average (three quarters of 0.2+0.4+…+6.4). */
  readonly attempts?: number | undefined;
  /** No new attempt starts later than this after the first; the last error is thrown instead. */
  readonly deadlineMs?: number | undefined;
  readonly baseDelayMs?: number | undefined;
  readonly maxDelayMs?: number | undefined;
  readonly isRetryable?: ((error: unknown) => boolean) | undefined;
  readonly retryAfterSeconds?: ((error: unknown) => number | undefined) | undefined;
  readonly onRetry?: ((retry: Retry) => void) | undefined;
  readonly sleep?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined;
  /** In [0, 1). */
  readonly random?: (() => number) | undefined;
  /** Milliseconds that only grow. */
  readonly clock?: (() => number) | undefined;
}

const DEFAULTS = {
  attempts: 7,
  deadlineMs: Number.POSITIVE_INFINITY,
  baseDelayMs: 200,
  maxDelayMs: 20_000,
  isRetryable: (error: unknown) => error instanceof Failure && error.retryable,
  retryAfterSeconds: (error: unknown) =>
    error instanceof Failure ? error.reply?.retryAfterSeconds : undefined,
  sleep: realSleep,
  random: Math.random,
  clock: () => performance.now(),
};

/** Runs the attempt (numbered from 1) until it succeeds, fails for good, or may not be tried again. */
export async function retrying<T>(attempt: (n: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const clock = options.clock ?? DEFAULTS.clock;
  const startedAt = clock();
  for (let n = 1; ; n++) {
    options.signal.throwIfAborted();
    try {
      return await attempt(n);
    } catch (error) {
      options.signal.throwIfAborted();
      const settings = withDefaults(options);
      const delayMs = delayBeforeNext(error, n, settings);
      const elapsedMs = clock() - startedAt;
      if (delayMs === undefined || elapsedMs + delayMs > settings.deadlineMs) throw error;
      options.onRetry?.({ error, attempt: n, delayMs });
      await settings.sleep(delayMs, options.signal);
    }
  }
}

type Settings = typeof DEFAULTS;

function withDefaults(options: RetryOptions): Settings {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { ...DEFAULTS, ...given };
}

/** undefined: this error is final. */
function delayBeforeNext(error: unknown, attempt: number, settings: Settings): number | undefined {
  if (attempt >= settings.attempts || !settings.isRetryable(error)) return undefined;
  const ceiling = Math.min(settings.maxDelayMs, settings.baseDelayMs * 2 ** (attempt - 1));
  // Full jitter would allow a wait of nothing; half of the ceiling is always waited, so a struggling server gets air.
  const backoffMs = ceiling / 2 + (settings.random() * ceiling) / 2;
  const askedMs = (settings.retryAfterSeconds(error) ?? 0) * 1000;
  return Math.max(backoffMs, askedMs);
}
