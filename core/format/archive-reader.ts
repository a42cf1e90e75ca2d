import type { IndexEntry, ReadHeader } from "./index-entry.ts";

/** The archive file as ranges. `read` delivers exactly the range or throws. */
export interface ArchiveSource {
  readonly sizeBytes: number;
  read(offset: number, length: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

export interface ReadOptions {
  readonly readHeader: ReadHeader;
  /** Members nearer to each other than this are fetched by one request, the gap thrown away. */
  readonly maxGapBytes?: number;
  readonly signal: AbortSignal;
}

/** `bytes` have the entry's digest and identity; or what is wrong with them. */
export type ReadResult =
  | { readonly entry: IndexEntry; readonly bytes: Uint8Array; readonly damage?: undefined }
  | { readonly entry: IndexEntry; readonly damage: string };
// export function readItems(source: ArchiveSource, entries: readonly IndexEntry[], options: ReadOptions): AsyncIterable<ReadResult>
