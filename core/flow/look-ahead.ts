/**
 * Runs `start` for up to `depth` items before their turn and yields the results in order: they are fetched while the
 * consumer works, and no more than `depth` of them are held.
 */
export async function* lookAhead<T, R>(
  items: Iterable<T>,
  depth: number,
  start: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const started: Promise<R>[] = [];
  for (const item of items) {
    started.push(quiet(start(item)));
    const due = started.length >= depth ? started.shift() : undefined;
    if (due !== undefined) yield await due;
  }
  for (const due of started) yield await due;
}

/** It fails when its turn comes, not before; and not at all where the consumer has stopped. */
function quiet<R>(promise: Promise<R>): Promise<R> {
  promise.catch(() => undefined);
  return promise;
}
