import { once } from "node:events";
import type { Writable } from "node:stream";

/** Copies pieces to a stream that stays open, no faster than its reader. */
export async function writeAll(stream: Writable, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of pieces) {
    if (!stream.write(piece)) await once(stream, "drain");
  }
}
