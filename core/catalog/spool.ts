import { read, write } from "node:fs";
import { promisify } from "node:util";
import { NamelessFile } from "#core/format/nameless-file.ts";
import { Failure } from "#core/model/errors.ts";

const MEMORY_BYTES = 32 * 1024 * 1024;

/** Bytes that are written once in a row and then read anywhere: in memory while they are few, else in a temporary file. */
export class Spool {
  readonly #folder: string;
  readonly #memoryBytes: number;
  #chunks: Buffer[] = [];
  #file: NamelessFile | undefined;
  #sizeBytes = 0;

  constructor(folder: string, memoryBytes: number = MEMORY_BYTES) {
    this.#folder = folder;
    this.#memoryBytes = memoryBytes;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.#file === undefined && this.#sizeBytes + chunk.length > this.#memoryBytes)
      await this.#moveToFile();
    if (this.#file === undefined) this.#chunks.push(Buffer.from(chunk));
    else await writeFully(this.#file, chunk, this.#sizeBytes);
    this.#sizeBytes += chunk.length;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    if (offset + length > this.#sizeBytes) {
      throw new Failure(
        "backup-damaged",
        `${offset + length} bytes were asked for where ${this.#sizeBytes} are`,
      );
    }
    return this.#file === undefined
      ? this.#inMemory().subarray(offset, offset + length)
      : readFully(this.#file, offset, length);
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

  async #moveToFile(): Promise<void> {
    this.#file = new NamelessFile(this.#folder);
    await writeFully(this.#file, this.#inMemory(), 0);
    this.#chunks = [];
  }
}

const writeTo = promisify(write);
const readFrom = promisify(read);

async function writeFully(file: NamelessFile, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await attempt(file, () =>
      writeTo(file.descriptor, bytes, at, bytes.length - at, position + at),
    );
    at += bytesWritten;
  }
}

async function readFully(file: NamelessFile, offset: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; ) {
    const { bytesRead } = await attempt(file, () =>
      readFrom(file.descriptor, bytes, at, length - at, offset + at),
    );
    if (bytesRead === 0) throw file.trouble("it has become shorter");
    at += bytesRead;
  }
  return bytes;
}

async function attempt<T>(file: NamelessFile, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw file.trouble(error);
  }
}
