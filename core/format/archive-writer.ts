import type { ItemHeader, ItemKind } from "#core/model/item.ts";
import type { ItemKey, KindCount } from "./index-entry.ts";

/** Where bytes go, in order. The chunk is the caller's again once it resolves; an Upload is one. */
export interface ByteSink {
  write(chunk: Uint8Array): Promise<void>;
}

export interface ArchiveWriterOptions {
  readonly sink: ByteSink;
  /** The index is collected in a 0600 file here until the archive is finished. */
  readonly spillFolder: string;
  /** Modification time of every tar entry. */
  readonly startedAt: Date;
  readonly signal: AbortSignal;
}

export interface ArchiveWriter {
  /**
   * Copies the bytes at once; the Promise, when there is one, resolves when there is room for more. An item given
   * twice (same kind, namespace and name) is stored as it was given last. Rejects once the sink has failed.
   */
  add(kind: ItemKind, header: ItemHeader, bytes: Uint8Array): Promise<void> | undefined;
  /** Writes what is left of the archive into the sink (which stays open: it is the caller's). */
  finish(): Promise<FinishedArchive>;
  /** Stops and removes the temporary file; safe at any time and more than once, also after `finish`. */
  discard(): Promise<void>;
  /** Of the items given so far. */
  readonly itemCount: number;
  readonly itemBytes: number;
}

export interface FinishedArchive {
  readonly itemCount: number;
  /** Sum of the items' bytes, uncompressed. */
  readonly itemBytes: number;
  readonly archiveBytes: number;
  /** In the index's order. */
  readonly kinds: readonly KindCount[];
  /** Titles of items whose tar file name is not their name (tar-writer.ts says when); all readers still get them. */
  readonly renamed: readonly string[];
  /** Namespace and name of a kind's items in the index's order. */
  keys(kind: KindCount): Iterable<ItemKey>;
  writeIndex(sink: ByteSink): Promise<void>;
}
