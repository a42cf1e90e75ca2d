/**
 * V8 counts memory outside of its heap only towards its large collections, which come after tens of MiB of it; what is
 * read and dropped in between, in buffers of up to a MiB, is 40 MiB of the process. A small collection frees them in
 * about a millisecond, so one is asked for after every 8 MiB of them. Needs Node's --expose-gc, which the launcher gives.
 */
const COLLECT_BYTES = 8 * 1024 * 1024;

let bytes = 0;

/** So many bytes were read into buffers of their own, which will soon be garbage. */
export function noteBuffers(sizeBytes: number): void {
  bytes += sizeBytes;
  if (bytes < COLLECT_BYTES) return;
  bytes = 0;
  globalThis.gc?.({ type: "minor" });
}
