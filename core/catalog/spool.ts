import { TemporaryFile } from "#core/format/temporary-file.ts";
import { Failure } from "#core/model/errors.ts";

const MEMORY_BYTES = 32 * 1024 * 1024;

/** Bytes that are written once in a row and then read anywhere: in memory while they are few, else in a temporary file. */
export class Spool {
  readonly #folder: string;
  readonly #memoryBytes: number;
  #chunks: Buffer[] = [];
  #file: TemporaryFile | undefined;
  #sizeBytes = 0;

  constructor(folder: string, memoryBytes: number = MEMORY_BYTES) {
    this.#folder = folder;
    this.#memoryBytes = memoryBytes;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.#file === undefined && this.#sizeBytes + chunk.length > this.#memoryBytes) this.#moveToFile();
    if (this.#file === undefined) this.#chunks.push(Buffer.from(chunk));
    else this.#file.append(chunk);
    this.#sizeBytes += chunk.length;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (offset + length > this.#sizeBytes) {
      throw new Failure(
        "backup-damaged",
        `${offset + length} bytes were asked for where ${this.#sizeBytes} are`,
      );
    }
    if (this.#file === undefined) return this.#inMemory().subarray(offset, offset + length);
    const bytes = Buffer.allocUnsafe(length);
    this.#file.read(bytes, offset);
    return bytes;
  }

  close(): void {
    this.#chunks = [];
    this.#file?.close();
    this.#file = undefined;
    this.#sizeBytes = 0;
  }

  #inMemory(): Buffer {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  #moveToFile(): void {
    this.#file = new TemporaryFile(this.#folder);
    this.#file.append(this.#inMemory());
    this.#chunks = [];
  }
}
