import { onAbort } from "./on-abort.ts";

export interface Deadline {
  readonly signal: AbortSignal;
  readonly withinMs: number;
}

/**
 * Gives the work a signal that fires with the outer one or when its time is over, and rejects with the signal's reason
 * at that moment, whatever the work does about it. Its time begins anew when the work calls `moved`: then it is not how
 * long it may take but how long it may stand still. Nothing is left behind by work that ends in time: the timers and
 * signals of AbortSignal.timeout live on until their time is over, which thousands of requests a second pay in memory.
 */
export async function withDeadline<T>(
  { signal: outer, withinMs }: Deadline,
  work: (signal: AbortSignal, moved: () => void) => Promise<T>,
): Promise<T> {
  outer.throwIfAborted();
  const stop = new AbortController();
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const end = (reason: unknown) => {
    stop.abort(reason);
    reject(reason);
  };
  const forget = onAbort(outer, () => end(outer.reason));
  const timer = setTimeout(() => end(new DOMException("no answer in time", "TimeoutError")), withinMs);
  try {
    return await Promise.race([work(stop.signal, () => timer.refresh()), stopped]);
  } finally {
    clearTimeout(timer);
    forget();
  }
}
