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

/** Items by index and ranges, whatever the archive lies in. */
export class StoredBackup implements OpenBackup {
  readonly summary: BackupSummary;
  readonly manifest: Manifest | undefined;
  readonly manifestSha256: string | undefined;
  readonly notices: readonly Notice[];
  readonly kinds: readonly KindInventory[];
  readonly foreignVolumes: readonly ForeignVolume[];
  readonly #parts: StoredBackupParts;
  /** Where an item's bytes lie: only for items that this backup yielded. */
  readonly #entries = new WeakMap<StoredItem, IndexEntry>();

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
      yield entries.map((entry) => this.#toItem(entry));
    }
  }

  async *read(items: readonly StoredItem[], signal: AbortSignal): AsyncGenerator<ReadItem> {
    const itemOf = new Map(items.map((item) => [this.#entryOf(item), item]));
    const options = { readHeader: readItemHeader, signal };
    for await (const result of readItems(this.#parts.archive, [...itemOf.keys()], options)) {
      const item = itemOf.get(result.entry);
      if (item === undefined) throw new Failure("internal", "an item was read that nobody asked for");
      yield result.damage === undefined
        ? { ok: true, item, bytes: result.bytes }
        : { ok: false, item, message: result.damage };
    }
  }

  close(): Promise<void> {
    return this.#parts.close();
  }

  #toItem(entry: IndexEntry): StoredItem {
    const { member: _member, range, sha256: _sha256, ...item } = entry;
    const stored: StoredItem = { ...item, sizeBytes: range[1] };
    this.#entries.set(stored, entry);
    return stored;
  }

  #entryOf(item: StoredItem): IndexEntry {
    const entry = this.#entries.get(item);
    if (entry === undefined) throw new Failure("internal", `${item.name} is not an item of this backup`);
    return entry;
  }
}
