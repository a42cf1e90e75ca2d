import { randomUUID } from "node:crypto";
import { closeSync, constants, mkdirSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { describeError, Failure } from "#core/model/errors.ts";

/** Bytes [offset, offset + length) of the file. */
export type Extent = readonly [offset: number, length: number];

const MODE = 0o600;

/** open(2), asm-generic/fcntl.h: a file that never has a name. Node has no constant for it. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;

/**
 * A file of mode 0600 without a name, so that nothing of it outlives the process, however that ends: what is too much for
 * memory lies in it. Where the system makes none such, it loses its name as soon as it is open. Its folder is made where
 * it is not there. Synchronous on purpose: 64 KiB into the page cache take 20 µs, less than the trip through the thread
 * pool.
 */
export class TemporaryFile {
  readonly #path: string;
  readonly #file: number;
  #sizeBytes = 0;
  #open = true;

  constructor(folder: string) {
    this.#path = join(folder, `kubectl-backup-${randomUUID()}.tmp`);
    this.#file = this.#attempt(() => {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      return openUnnamed(folder) ?? openSync(this.#path, "wx+", MODE);
    });
    this.#unlink();
  }

  append(bytes: Uint8Array): Extent {
    this.#demandOpen();
    const offset = this.#sizeBytes;
    for (let done = 0; done < bytes.length; ) {
      done += this.#attempt(() => writeSync(this.#file, bytes, done, bytes.length - done, offset + done));
    }
    this.#sizeBytes += bytes.length;
    return [offset, bytes.length];
  }

  /** Fills the target. */
  read(target: Uint8Array, offset: number): void {
    this.#demandOpen();
    for (let done = 0; done < target.length; ) {
      const count = this.#attempt(() =>
        readSync(this.#file, target, done, target.length - done, offset + done),
      );
      if (count === 0) throw this.#trouble("it has become shorter");
      done += count;
    }
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#file);
    this.#unlink();
  }

  /** The number of a closed file may already be another file's. */
  #demandOpen(): void {
    if (!this.#open) throw new Failure("internal", "a temporary file was used after it was given up");
  }

  #attempt<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw this.#trouble(error);
    }
  }

  #trouble(error: unknown): Failure {
    return new Failure("internal", `a temporary file is needed at ${this.#path}: ${describeError(error)}`, {
      hint: "make room there, or set TMPDIR to a folder that can be written",
      cause: error,
    });
  }

  #unlink(): void {
    try {
      rmSync(this.#path, { force: true });
    } catch {
      // Some Windows disks keep the name of an open file: the second call comes after the close.
    }
  }
}

function openUnnamed(folder: string): number | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    return openSync(folder, constants.O_RDWR | O_TMPFILE, MODE);
  } catch {
    // Not every file system can; what else is wrong is told when it is made with a name.
    return undefined;
  }
}
