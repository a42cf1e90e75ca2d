import type { ItemKind } from "#core/model/item.ts";
import { compareKeys } from "./archive-index-order.ts";
import type { ArchiveSpill, Extent } from "./archive-spill.ts";
import type { ItemKey, KindCount } from "./index-entry.ts";

/** One item on its way to the index: its line lacks the member's place, which is known only later. */
export interface DraftRecord extends ItemKey {
  readonly member: number;
  /** UTF-8 JSON without the last brace. */
  readonly line: Uint8Array;
}

/**
 * A record in the spill: 16 bytes of member number and lengths (namespace, name, line; u32 little endian), namespace
 * and name as UTF-16 (so that any string comes back as it was), the line as UTF-8.
 */
const HEAD_BYTES = 16;

const CHUNK_BYTES = 32 * 1024;

/** Neighbouring records are read back together up to here. */
const READ_BYTES = 64 * 1024;

/** The index of one kind while it is collected. Records lie in the spill in order of arrival. */
export class IndexDraft {
  readonly kind: ItemKind;
  readonly #spill: ArchiveSpill;
  readonly #chunks: Extent[] = [];
  #chunk = Buffer.alloc(0);
  #used = 0;

  constructor(kind: ItemKind, spill: ArchiveSpill) {
    this.kind = kind;
    this.#spill = spill;
  }

  add(key: ItemKey, member: number, line: string): void {
    const namespaceBytes = key.namespace.length * 2;
    const nameBytes = key.name.length * 2;
    // A UTF-16 unit becomes at most three bytes of UTF-8.
    this.#makeRoom(HEAD_BYTES + namespaceBytes + nameBytes + line.length * 3);
    const start = this.#used;
    const lineStart = start + HEAD_BYTES + namespaceBytes + nameBytes;
    this.#chunk.write(key.namespace, start + HEAD_BYTES, "utf16le");
    this.#chunk.write(key.name, start + HEAD_BYTES + namespaceBytes, "utf16le");
    const lineBytes = this.#chunk.write(line, lineStart, "utf8");
    this.#chunk.writeUInt32LE(member, start);
    this.#chunk.writeUInt32LE(namespaceBytes, start + 4);
    this.#chunk.writeUInt32LE(nameBytes, start + 8);
    this.#chunk.writeUInt32LE(lineBytes, start + 12);
    this.#used = lineStart + lineBytes;
  }

  /** Ends the collecting: order, last given of each key, counts. */
  sort(): SortedDraft {
    this.#flush();
    const keys = this.#readKeys();
    keys.sort(compareKeys);
    return new SortedDraft(this.kind, this.#spill, lastOfEach(keys));
  }

  #makeRoom(bytes: number): void {
    if (this.#used + bytes <= this.#chunk.length) return;
    this.#flush();
    if (bytes > this.#chunk.length) this.#chunk = Buffer.allocUnsafeSlow(Math.max(bytes, CHUNK_BYTES));
  }

  #flush(): void {
    if (this.#used > 0) this.#chunks.push(this.#spill.append(this.#chunk.subarray(0, this.#used)));
    this.#used = 0;
  }

  #readKeys(): PlacedKey[] {
    const keys: PlacedKey[] = [];
    for (const [offset, chunkBytes] of this.#chunks) {
      const chunk = Buffer.allocUnsafe(chunkBytes);
      this.#spill.read(chunk, offset);
      for (let at = 0; at < chunkBytes; ) {
        const { namespace, name } = readKey(chunk, at);
        const length = recordBytes(chunk, at);
        keys.push({ namespace, name, offset: offset + at, length });
        at += length;
      }
    }
    return keys;
  }
}

interface PlacedKey extends ItemKey {
  readonly offset: number;
  readonly length: number;
}

/** Sorting keeps the order of arrival among equals. */
function lastOfEach(keys: readonly PlacedKey[]): readonly PlacedKey[] {
  return keys.filter((key, at) => {
    const next = keys[at + 1];
    return next === undefined || compareKeys(key, next) !== 0;
  });
}

/** The index of one kind, complete and in order. Holds 16 bytes per item; the rest is read back. */
export class SortedDraft {
  readonly count: KindCount;
  readonly #spill: ArchiveSpill;
  readonly #offsets: Float64Array;
  readonly #lengths: Float64Array;

  constructor(kind: ItemKind, spill: ArchiveSpill, keys: readonly PlacedKey[]) {
    this.count = { ...pickKind(kind), count: keys.length, namespaces: countNamespaces(keys) };
    this.#spill = spill;
    this.#offsets = Float64Array.from(keys, (key) => key.offset);
    this.#lengths = Float64Array.from(keys, (key) => key.length);
  }

  /** A record's bytes are valid until the next one is asked for. */
  *records(): Generator<DraftRecord> {
    const size = this.#offsets.length;
    for (let first = 0; first < size; ) {
      const { bytes, next } = this.#readRun(first);
      const base = this.#offset(first);
      for (let item = first; item < next; item += 1) yield readRecord(bytes, this.#offset(item) - base);
      first = next;
    }
  }

  /** From `first` on as many records as lie behind each other. */
  #readRun(first: number): { readonly bytes: Buffer; readonly next: number } {
    const start = this.#offset(first);
    let end = start + this.#length(first);
    let next = first + 1;
    while (this.#offset(next) === end && end + this.#length(next) - start <= READ_BYTES) {
      end += this.#length(next);
      next += 1;
    }
    const bytes = Buffer.allocUnsafe(end - start);
    this.#spill.read(bytes, start);
    return { bytes, next };
  }

  #offset(item: number): number {
    return this.#offsets[item] ?? -1;
  }

  #length(item: number): number {
    return this.#lengths[item] ?? 0;
  }
}

function pickKind({ group, version, resource, kind, namespaced }: ItemKind): ItemKind {
  return { group, version, resource, kind, namespaced };
}

function countNamespaces(keys: readonly ItemKey[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const { namespace } of keys) counts.set(namespace, (counts.get(namespace) ?? 0) + 1);
  return Object.fromEntries(counts);
}

function recordBytes(bytes: Buffer, at: number): number {
  return HEAD_BYTES + bytes.readUInt32LE(at + 4) + bytes.readUInt32LE(at + 8) + bytes.readUInt32LE(at + 12);
}

function readKey(bytes: Buffer, at: number): ItemKey {
  const nameStart = at + HEAD_BYTES + bytes.readUInt32LE(at + 4);
  const nameEnd = nameStart + bytes.readUInt32LE(at + 8);
  return {
    namespace: bytes.toString("utf16le", at + HEAD_BYTES, nameStart),
    name: bytes.toString("utf16le", nameStart, nameEnd),
  };
}

function readRecord(bytes: Buffer, at: number): DraftRecord {
  const end = at + recordBytes(bytes, at);
  const line = bytes.subarray(end - bytes.readUInt32LE(at + 12), end);
  return { ...readKey(bytes, at), member: bytes.readUInt32LE(at), line };
}
