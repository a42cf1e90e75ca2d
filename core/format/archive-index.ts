import type { ItemKind } from "#core/model/item.ts";
import type { IndexEntry, ItemKey, KindCount } from "./index-entry.ts";

/** The index file as ranges. `read` delivers exactly the range or throws. */
export interface IndexSource {
  readonly sizeBytes: number;
  read(offset: number, length: number, signal: AbortSignal): Promise<Uint8Array>;
}

export interface IndexOptions {
  /** Entries that point beyond it are damage. */
  readonly archiveBytes: number;
  readonly signal: AbortSignal;
}

/** Every method throws Failure backup-damaged where the index contradicts itself. */
export interface ArchiveIndex {
  readonly kinds: readonly KindCount[];
  /** In order of namespace and name, about a member's lines at a time; with a namespace only what lies in it. */
  entries(
    kind: ItemKind,
    options: { readonly namespace?: string; readonly signal: AbortSignal },
  ): AsyncIterable<readonly IndexEntry[]>;
  find(kind: ItemKind, key: ItemKey, signal: AbortSignal): Promise<IndexEntry | undefined>;
}
// export async function openIndex(source: IndexSource, options: IndexOptions): Promise<ArchiveIndex>
