import { noteBuffers } from "#core/flow/buffer-garbage.ts";
import type { ArchiveIndex } from "#core/format/archive-index.ts";
import { type ArchiveSource, readItems } from "#core/format/archive-reader.ts";
import type { IndexEntry } from "#core/format/index-entry.ts";
import type { Manifest, Notice } from "#core/model/backup.ts";
import { Failure } from "#core/model/errors.ts";
import type { ItemKind } from "#core/model/item.ts";
import { readItemHeader } from "#core/objects/item-header.ts";
import type {
  BackupSummary,
  ForeignVolume,
  KindInventory,
  OpenBackup,
  ReadItem,
  StoredItem,
} from "./catalog.ts";

export interface StoredBackupParts {
  readonly summary: BackupSummary;
  readonly manifest: Manifest | undefined;
  readonly manifestSha256?: string | undefined;
  readonly notices: readonly Notice[];
  readonly foreignVolumes?: readonly ForeignVolume[] | undefined;
  readonly index: ArchiveIndex;
  readonly archive: ArchiveSource;
  /** Of whoever opened it. */
  readonly signal: AbortSignal;
  readonly close: () => Promise<void>;
}

/** An index line with a label or two; it was a text of its own while it was read. */
const LINE_BYTES = 400;

/** Items by index and ranges, whatever the archive lies in. */
export class StoredBackup implements OpenBackup {
  readonly summary: BackupSummary;
  readonly manifest: Manifest | undefined;
  readonly manifestSha256: string | undefined;
  readonly notices: readonly Notice[];
  readonly kinds: readonly KindInventory[];
  readonly foreignVolumes: readonly ForeignVolume[];
  readonly #parts: StoredBackupParts;
  /** Items are index lines that show less: a second object for each would be half the memory of a large restore. */
  readonly #yielded = new WeakSet<StoredItem>();

  constructor(parts: StoredBackupParts) {
    this.#parts = parts;
    this.summary = parts.summary;
    this.manifest = parts.manifest;
    this.manifestSha256 = parts.manifestSha256;
    this.notices = parts.notices;
    this.kinds = parts.index.kinds;
    this.foreignVolumes = parts.foreignVolumes ?? [];
  }

  async *items(kind: ItemKind, namespace?: string): AsyncGenerator<readonly StoredItem[]> {
    const { index, signal } = this.#parts;
    const where = namespace === undefined ? { signal } : { namespace, signal };
    for await (const entries of index.entries(kind, where)) {
      for (const entry of entries) this.#yielded.add(entry);
      noteBuffers(entries.length * LINE_BYTES);
      yield entries;
    }
  }

  async *read(items: readonly StoredItem[], signal: AbortSignal): AsyncGenerator<ReadItem> {
    const options = { readHeader: readItemHeader, signal };
    for await (const result of readItems(
      this.#parts.archive,
      items.map((item) => this.#entryOf(item)),
      options,
    )) {
      noteBuffers(result.entry.sizeBytes);
      yield result.damage === undefined
        ? { ok: true, item: result.entry, bytes: result.bytes }
        : { ok: false, item: result.entry, message: result.damage };
    }
  }

  close(): Promise<void> {
    return this.#parts.close();
  }

  #entryOf(item: StoredItem): IndexEntry {
    if (!this.#isYielded(item)) throw new Failure("internal", `${item.name} is not an item of this backup`);
    return item;
  }

  #isYielded(item: StoredItem): item is IndexEntry {
    return this.#yielded.has(item);
  }
}
