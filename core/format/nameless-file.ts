import { randomUUID } from "node:crypto";
import { closeSync, constants, mkdirSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describeError, Failure } from "#core/model/errors.ts";

const MODE = 0o600;

/** open(2), asm-generic/fcntl.h: a file that never has a name. Node has no constant for it. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;

/**
 * A temporary file of mode 0600 without a name, so that nothing of it outlives the process, however that ends. Where the
 * system makes none such, it loses its name as soon as it is open. Its folder is made where it is not there.
 */
export class NamelessFile {
  readonly descriptor: number;
  readonly #path: string;
  #isOpen = true;

  constructor(folder: string) {
    this.#path = join(folder, `kubectl-backup-${randomUUID()}.tmp`);
    this.descriptor = this.attempt(() => {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      return openUnnamed(folder) ?? openSync(this.#path, "wx+", MODE);
    });
    this.#unlink();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.descriptor);
    this.#unlink();
  }

  /** What fails in it is told as trouble with a temporary file, and where it lies. */
  attempt<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw this.trouble(error);
    }
  }

  trouble(error: unknown): Failure {
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
