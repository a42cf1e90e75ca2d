import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import type { Extract } from "tar-stream";
import { Failure, isFailure } from "#core/model/errors.ts";

/** One file of a foreign tar, or what else lies there. */
export interface TarFile {
  /** Without a leading `./`, which archives packed by hand have. */
  readonly path: string;
  readonly type: string;
  /** Absent where it is no file or larger than the cap. */
  readonly bytes: Uint8Array | undefined;
}

export interface TarCaps {
  readonly fileBytes: number;
  readonly totalBytes: number;
}

/** Objects of text pack to a tenth or a thirtieth; a bomb to a thousandth. Looked at once this much has come out. */
const MAX_RATIO = 400;
const RATIO_FROM_BYTES = 32 * 1024 * 1024;

/** A tar ends in two blocks of zeros: without them it was cut, even where the gzip around it is whole. */
const END_BYTES = 1024;

const STEP_BYTES = 128 * 1024;

/**
 * The files of a .tar.gz in one pass, nothing touching the disk. Failure backup-damaged where gzip or tar is broken,
 * cut short or larger than the caps; what the source throws passes through.
 */
export async function* readTarGz(
  chunks: AsyncIterable<Uint8Array>,
  caps: TarCaps,
  signal: AbortSignal,
): AsyncGenerator<TarFile> {
  const { newTarExtract } = await import("./tar-extract.ts");
  const extract = newTarExtract();
  const flow = new Inflow(caps);
  const stop = new AbortController();
  const fed = pipeline(
    flow.count(chunks),
    createGunzip({ chunkSize: STEP_BYTES }),
    (inflated: AsyncIterable<Uint8Array>) => flow.feed(inflated, extract),
    { signal: AbortSignal.any([signal, stop.signal]) },
  );
  fed.catch((error: unknown) => extract.destroy(error instanceof Error ? error : new Error(String(error))));
  try {
    for await (const entry of extract) yield await readEntry(entry, caps);
    await fed;
    flow.checkEnd();
  } catch (error) {
    signal.throwIfAborted();
    throw flow.failure ?? toFailure(error);
  } finally {
    stop.abort();
  }
}

type Entry = Extract extends AsyncIterable<infer Source> ? Source : never;

async function readEntry(entry: Entry, caps: TarCaps): Promise<TarFile> {
  const { name, size, type } = entry.header;
  const wanted = type === "file" && size <= caps.fileBytes;
  const parts: Uint8Array[] = [];
  for await (const part of entry) {
    // A tar entry is a stream of bytes; its types leave that open.
    if (wanted) parts.push(part as Uint8Array);
  }
  return { path: name.replace(/^(\.\/)+/, ""), type, bytes: wanted ? Buffer.concat(parts) : undefined };
}

/** Counts what goes into and comes out of gunzip, and keeps the source's own failure apart from damage. */
class Inflow {
  failure: unknown;
  readonly #caps: TarCaps;
  #packedBytes = 0;
  #bytes = 0;
  #zerosAtEnd = 0;

  constructor(caps: TarCaps) {
    this.#caps = caps;
  }

  async *count(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of chunks) {
        this.#packedBytes += chunk.length;
        yield chunk;
      }
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }

  async feed(inflated: AsyncIterable<Uint8Array>, extract: Extract): Promise<void> {
    let goOn: (() => void) | undefined;
    for (const event of ["drain", "close"] as const) extract.on(event, () => goOn?.());
    for await (const chunk of inflated) {
      this.#check(chunk);
      const { promise, resolve } = Promise.withResolvers<void>();
      goOn = resolve;
      if (!extract.write(chunk)) await promise;
    }
    extract.end(undefined);
  }

  checkEnd(): void {
    if (this.#zerosAtEnd < END_BYTES) throw new Error("it has no end");
  }

  #check(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    const tail = chunk.subarray(-END_BYTES);
    const last = tail.findLastIndex((byte) => byte !== 0);
    this.#zerosAtEnd = last === -1 ? this.#zerosAtEnd + tail.length : tail.length - 1 - last;
    if (this.#bytes > this.#caps.totalBytes)
      throw new Error(`it unpacks to more than ${this.#caps.totalBytes} bytes`);
    if (this.#bytes > RATIO_FROM_BYTES && this.#bytes > this.#packedBytes * MAX_RATIO) {
      throw new Error(`it unpacks to more than ${MAX_RATIO} times its size`);
    }
  }
}

function toFailure(error: unknown): unknown {
  if (isFailure(error)) return error;
  const what = error instanceof Error ? error.message : String(error);
  return new Failure("backup-damaged", `the backup's archive is damaged: ${what}`, { cause: error });
}
