import type { WireReply } from "#core/kube/transport/wire.ts";
import { type WatchLine, WatchScanner } from "./watch-scanner.ts";

/** A watch that said nothing for longer than it was allowed to. */
export class StalledWatch extends Error {
  override readonly name = "StalledWatch";
}

/** The events of a watch, as many at once as came together. Unlike a `for await`, a pause keeps the stream open. */
export class WatchLines {
  readonly #reply: WireReply;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #scanner = new WatchScanner();

  constructor(reply: WireReply) {
    this.#reply = reply;
    this.#chunks = reply.body[Symbol.asyncIterator]();
  }

  /** undefined: the server ended the watch. */
  async next(patienceMs?: number): Promise<readonly WatchLine[] | undefined> {
    const waiting = this.#chunks.next();
    const { value, done } = await (patienceMs === undefined ? waiting : this.#within(waiting, patienceMs));
    if (done !== true) return this.#scanner.push(value);
    this.#scanner.end();
    return undefined;
  }

  close(): void {
    this.#reply.discard();
  }

  async #within<T>(waiting: Promise<T>, patienceMs: number): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new StalledWatch("the watch says nothing")), patienceMs);
    });
    try {
      return await Promise.race([waiting, late]);
    } catch (error) {
      // Nobody waits for the chunk any more, and closing makes it fail.
      waiting.catch(() => undefined);
      this.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}
