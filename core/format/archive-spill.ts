import { readSync, writeSync } from "node:fs";
import { Failure } from "#core/model/errors.ts";
import { NamelessFile } from "./nameless-file.ts";

/** Bytes [offset, offset + length) of the spill. */
export type Extent = readonly [offset: number, length: number];

/**
 * The temporary file that collects the index while the archive is written, so that memory does not grow with the
 * cluster. Synchronous on purpose: 64 KiB into the page cache take 20 µs, less than the trip through the thread pool.
 */
export class ArchiveSpill {
  readonly #file: NamelessFile;
  #sizeBytes = 0;

  constructor(folder: string) {
    this.#file = new NamelessFile(folder);
  }

  append(bytes: Uint8Array): Extent {
    this.#demandOpen();
    const offset = this.#sizeBytes;
    for (let done = 0; done < bytes.length; ) {
      done += this.#file.attempt(() =>
        writeSync(this.#file.descriptor, bytes, done, bytes.length - done, offset + done),
      );
    }
    this.#sizeBytes += bytes.length;
    return [offset, bytes.length];
  }

  /** Fills the target. */
  read(target: Uint8Array, offset: number): void {
    this.#demandOpen();
    for (let done = 0; done < target.length; ) {
      const count = this.#file.attempt(() =>
        readSync(this.#file.descriptor, target, done, target.length - done, offset + done),
      );
      if (count === 0) throw this.#file.trouble("it has become shorter");
      done += count;
    }
  }

  remove(): void {
    this.#file.close();
  }

  /** The number of a closed file may already be another file's. */
  #demandOpen(): void {
    if (!this.#file.isOpen) throw new Failure("internal", "the archive was used after it was given up");
  }
}
