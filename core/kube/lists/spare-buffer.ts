/** From this size on an item goes into memory that is used again: so much garbage costs more than the copy. */
export const LARGE_BYTES = 1024 * 1024;

/**
 * Memory for one large item at a time. A list of Secrets of a megabyte each would otherwise leave several megabytes of
 * garbage behind each of them, and the collector only comes when a good deal of it has piled up.
 */
export class SpareBuffer {
  #memory = Buffer.alloc(0);
  #isLent = false;

  /** What was lent before may be overwritten from now on. */
  takeBack(): void {
    this.#isLent = false;
  }

  /** `sizeBytes` of memory with anything in it. */
  lend(sizeBytes: number): Buffer {
    if (sizeBytes < LARGE_BYTES || this.#isLent) return Buffer.allocUnsafe(sizeBytes);
    if (this.#memory.length < sizeBytes) {
      this.#memory = Buffer.allocUnsafeSlow(Math.ceil(sizeBytes / LARGE_BYTES) * LARGE_BYTES);
    }
    this.#isLent = true;
    return this.#memory.subarray(0, sizeBytes);
  }
}
