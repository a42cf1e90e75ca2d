import { type FileHandle, open, unlink } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "#core/model/errors.ts";

const MEMORY_BYTES = 32 * 1024 * 1024;

/**
 * Bytes that are written once in a row and then read anywhere: in memory while they are few, else in a file of mode
 * 0600 that loses its name as soon as it is open, so that nothing of it outlives the process, however that ends.
 */
export class Spool {
  readonly #folder: string;
  readonly #memoryBytes: number;
  #chunks: Buffer[] = [];
  #file: FileHandle | undefined;
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

  async close(): Promise<void> {
    this.#chunks = [];
    await this.#file?.close();
    this.#file = undefined;
    this.#sizeBytes = 0;
  }

  #inMemory(): Buffer {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  async #moveToFile(): Promise<void> {
    const path = join(this.#folder, `spool-${crypto.randomUUID()}`);
    this.#file = await open(path, "wx+", 0o600);
    // Where an open file keeps its name (some Windows disks), the folder's removal takes it.
    await unlink(path).catch(() => undefined);
    await writeFully(this.#file, this.#inMemory(), 0);
    this.#chunks = [];
  }
}

async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}

async function readFully(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; ) {
    const { bytesRead } = await file.read(bytes, at, length - at, offset + at);
    if (bytesRead === 0) throw new Failure("internal", "a temporary file lost its end");
    at += bytesRead;
  }
  return bytes;
}
