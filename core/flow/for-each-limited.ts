export interface ForEachOptions {
  readonly concurrency: number;
  readonly signal: AbortSignal;
}

/**
 * Works on items as they come, so many at once; the source is read only as fast as the work goes. The first error
 * stops it: nothing further is started, the work's signal fires, and the error is thrown once all that ran has ended.
 */
export async function forEachLimited<T>(
  items: Iterable<T> | AsyncIterable<T>,
  options: ForEachOptions,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const running = new Set<Promise<void>>();
  let failed: { readonly error: unknown } | undefined;
  const fail = (error: unknown) => {
    failed ??= { error };
    stop.abort(error);
  };
  try {
    for await (const item of items) {
      if (signal.aborted) break;
      const task: Promise<void> = work(item, signal)
        .catch(fail)
        .finally(() => running.delete(task));
      running.add(task);
      if (running.size >= options.concurrency) await Promise.race(running);
    }
  } catch (error) {
    fail(error);
  }
  await Promise.all(running);
  if (failed !== undefined) throw failed.error;
  options.signal.throwIfAborted();
}
