import { collectGarbage } from "./collect-garbage.ts";

/**
 * V8 counts memory outside of its heap only towards its large collections, which come after tens of MiB of it; what is
 * read and dropped in between, in buffers of up to a MiB, is 40 MiB of the process. A small collection frees them in
 * about a millisecond, so one is asked for after every 8 MiB of them.
 */
const COLLECT_BYTES = 8 * 1024 * 1024;

/**
 * Buffers that were read ahead outlive small collections; a large one takes 10 ms. It comes where they are more than
 * what is being worked on: a few members of an archive, the pages of a list.
 */
const HELD_BYTES = 14 * 1024 * 1024;

let readBytes = 0;

/** So many bytes were read into buffers of their own, which will soon be garbage. */
export function noteBuffers(sizeBytes: number, collect = collectGarbage): void {
  readBytes += sizeBytes;
  if (readBytes < COLLECT_BYTES) return;
  readBytes = 0;
  collect({ type: "minor" });
  if (process.memoryUsage().arrayBuffers > HELD_BYTES) collect({ type: "major" });
}
