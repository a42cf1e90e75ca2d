import { randomUUID } from "node:crypto";
import { closeSync, mkdirSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describeError, Failure } from "#core/model/errors.ts";

/**
 * A temporary file of mode 0600 that loses its name as soon as it is open, so that nothing of it outlives the process,
 * however that ends. Its folder is made where it is not there.
 */
export class NamelessFile {
  readonly descriptor: number;
  readonly #path: string;
  #isOpen = true;

  constructor(folder: string) {
    this.#path = join(folder, `kubectl-backup-${randomUUID()}.tmp`);
    this.descriptor = this.attempt(() => {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      return openSync(this.#path, "wx+", 0o600);
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
