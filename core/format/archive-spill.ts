import { randomUUID } from "node:crypto";
import { closeSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { describeError, Failure } from "#core/model/errors.ts";

/** Bytes [offset, offset + length) of the spill. */
export type Extent = readonly [offset: number, length: number];

/**
 * The temporary file that collects the index while the archive is written, so that memory does not grow with the
 * cluster. Synchronous on purpose: 64 KiB into the page cache take 20 µs, less than the trip through the thread pool.
 */
export class ArchiveSpill {
  readonly #path: string;
  readonly #file: number;
  #sizeBytes = 0;
  #open = true;

  constructor(folder: string) {
    this.#path = join(folder, `kubectl-backup-${randomUUID()}.tmp`);
    this.#file = attempt(folder, () => openSync(this.#path, "wx+", 0o600));
    this.#unlink();
  }

  append(bytes: Uint8Array): Extent {
    this.#demandOpen();
    const offset = this.#sizeBytes;
    for (let done = 0; done < bytes.length; ) {
      done += attempt(this.#path, () =>
        writeSync(this.#file, bytes, done, bytes.length - done, offset + done),
      );
    }
    this.#sizeBytes += bytes.length;
    return [offset, bytes.length];
  }

  /** Fills the target. */
  read(target: Uint8Array, offset: number): void {
    this.#demandOpen();
    for (let done = 0; done < target.length; ) {
      const count = attempt(this.#path, () =>
        readSync(this.#file, target, done, target.length - done, offset + done),
      );
      if (count === 0) throw new Failure("internal", `the temporary file ${this.#path} has become shorter`);
      done += count;
    }
  }

  remove(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#file);
    this.#unlink();
  }

  /** The number of a closed file may already be another file's. */
  #demandOpen(): void {
    if (!this.#open) throw new Failure("internal", "the archive was used after it was given up");
  }

  /** Without a name from the start, so that a killed process leaves nothing; where that is refused, `remove` does it. */
  #unlink(): void {
    try {
      rmSync(this.#path, { force: true });
    } catch {
      // Windows keeps open files: the second call comes after the close.
    }
  }
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new Failure("internal", `a temporary file is needed at ${path}: ${describeError(error)}`, {
      hint: "make room there, or set TMPDIR to a folder that can be written",
      cause: error,
    });
  }
}
