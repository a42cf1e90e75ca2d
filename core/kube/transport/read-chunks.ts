import type { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { noteBuffers } from "#core/flow/buffer-garbage.ts";

/**
 * The bytes of a body, in pieces as large as what has arrived meanwhile. API servers write 4 KiB at a time and node
 * hands over each write by itself; taken together after one turn of the event loop they cost half. Ends when the stream
 * ends or is closed; whether that was the whole body, the protocol has to say.
 */
export async function* chunksOf(stream: Readable): AsyncGenerator<Uint8Array, void, void> {
  let failure: unknown;
  let wake: () => void = () => undefined;
  const woken = () => wake();
  const failed = (error: unknown) => {
    failure = error;
    wake();
  };
  stream.on("error", failed);
  for (const event of ["readable", "end", "close"]) stream.on(event, woken);
  while (failure === undefined) {
    const chunk: Buffer | null = stream.read();
    if (chunk !== null) {
      noteBuffers(chunk.length);
      yield chunk;
    } else if (stream.readableEnded || stream.destroyed) break;
    else await new Promise<void>((resolve) => (wake = resolve));
    await nextTurn();
  }
  if (failure !== undefined) throw failure;
}

/** All the bytes of a stream, once it is closed; whether that was the whole body, the protocol has to say. */
export function wholeOf(stream: Readable): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    // One that is gone tells nothing any more. (An HTTP/2 stream is `closed` while there is still something to read.)
    if (stream.errored !== null) reject(stream.errored);
    if (stream.destroyed) resolve(new Uint8Array());
    const chunks: Buffer[] = [];
    stream.on("error", reject);
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.once("close", () => {
      const [first = Buffer.alloc(0), ...more] = chunks;
      const bytes = more.length === 0 ? first : Buffer.concat(chunks);
      noteBuffers(bytes.length);
      resolve(bytes);
    });
  });
}
