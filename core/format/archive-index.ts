import { isUtf8 } from "node:buffer";
import { Failure } from "#core/model/errors.ts";
import { groupResource, type ItemKind } from "#core/model/item.ts";
import { decodeFooter, FOOTER_BYTES, type TablePlace } from "./archive-index-footer.ts";
import { BrokenLine, parseIndexLine } from "./archive-index-line.ts";
import { compareKinds, sameKind } from "./archive-index-order.ts";
import {
  ascends,
  compareMemberKeys,
  type IndexTable,
  type MemberKey,
  parseTable,
} from "./archive-index-table.ts";
import { expandMember } from "./gzip-member.ts";
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

export interface EntriesOptions {
  /** Only what lies in it; "" are cluster-scoped objects. */
  readonly namespace?: string | undefined;
  readonly signal: AbortSignal;
}

/** Every method throws Failure backup-damaged where the index contradicts itself. */
export interface ArchiveIndex {
  readonly kinds: readonly KindCount[];
  /** In order of namespace and name, at most a member's lines at a time. */
  entries(kind: ItemKind, options: EntriesOptions): AsyncIterable<readonly IndexEntry[]>;
  find(kind: ItemKind, key: ItemKey, signal: AbortSignal): Promise<IndexEntry | undefined>;
}

/** One request brings the footer and, for all but huge backups, the table. */
const TAIL_BYTES = 64 * 1024;

/** Writers end a member at 2 MiB; a single line holds at most the labels of one object. */
const MAX_MEMBER_BYTES = 64 * 1024 * 1024;

/** A table grows with kinds times namespaces: 1,000 times 10,000 are 250 MB. */
const MAX_TABLE_BYTES = 512 * 1024 * 1024;

export async function openIndex(source: IndexSource, options: IndexOptions): Promise<ArchiveIndex> {
  const tailStart = Math.max(0, source.sizeBytes - TAIL_BYTES);
  const tail = await source.read(tailStart, source.sizeBytes - tailStart, options.signal);
  const place = decodeFooter(tail.subarray(-FOOTER_BYTES));
  if (place === undefined || place.offset + place.length + FOOTER_BYTES !== source.sizeBytes) {
    throw damaged("it does not end in a table");
  }
  const packed =
    place.offset >= tailStart
      ? tail.subarray(place.offset - tailStart, place.offset - tailStart + place.length)
      : await source.read(place.offset, place.length, options.signal);
  return new RangedIndex(source, await readTable(packed, place), options.archiveBytes);
}

async function readTable(packed: Uint8Array, place: TablePlace): Promise<IndexTable> {
  return await orDamaged(async () =>
    parseTable(decode(await expandMember(packed, MAX_TABLE_BYTES)), place.offset),
  );
}

class RangedIndex implements ArchiveIndex {
  readonly kinds: readonly KindCount[];
  readonly #source: IndexSource;
  readonly #table: IndexTable;
  readonly #archiveBytes: number;
  readonly #positions: ReadonlyMap<string, number>;
  /** Small kinds share a member: the last one read serves the next kind too. */
  #last: { readonly member: number; readonly lines: Promise<readonly IndexEntry[]> } | undefined;

  constructor(source: IndexSource, table: IndexTable, archiveBytes: number) {
    this.kinds = table.kinds;
    this.#source = source;
    this.#table = table;
    this.#archiveBytes = archiveBytes;
    this.#positions = new Map(table.kinds.map((kind, position) => [groupResource(kind), position]));
  }

  async *entries(
    kind: ItemKind,
    { namespace, signal }: EntriesOptions,
  ): AsyncGenerator<readonly IndexEntry[]> {
    const position = this.#position(kind);
    const expected = this.#count(position, namespace);
    let seen = 0;
    for (
      let at = this.#memberOf({ kind: position, namespace: namespace ?? "", name: "" });
      seen < expected;
      at += 1
    ) {
      const lines = await this.#lines(at, signal);
      const wanted = lines.filter(
        (entry) =>
          compareKinds(entry, kind) === 0 && (namespace === undefined || entry.namespace === namespace),
      );
      seen += wanted.length;
      if (wanted.length > 0) yield wanted;
    }
    if (seen !== expected) throw damaged("its table counts other items than its lines");
  }

  async find(kind: ItemKind, key: ItemKey, signal: AbortSignal): Promise<IndexEntry | undefined> {
    const position = this.#position(kind);
    if (this.#count(position, key.namespace) === 0) return undefined;
    const lines = await this.#lines(this.#memberOf({ kind: position, ...key }), signal);
    return lines.find(
      (entry) =>
        compareKinds(entry, kind) === 0 && entry.namespace === key.namespace && entry.name === key.name,
    );
  }

  /** -1 where nothing of the kind is stored. */
  #position(kind: ItemKind): number {
    return this.#positions.get(groupResource(kind)) ?? -1;
  }

  #count(position: number, namespace: string | undefined): number {
    const kind = this.kinds[position];
    if (kind === undefined) return 0;
    if (namespace === undefined) return kind.count;
    return Object.hasOwn(kind.namespaces, namespace) ? (kind.namespaces[namespace] ?? 0) : 0;
  }

  /** The last member whose first key is not behind the given one: there the key lies, if anywhere. */
  #memberOf(key: MemberKey): number {
    const { members } = this.#table;
    let low = 0;
    let high = members.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const member = members[middle];
      if (member !== undefined && compareMemberKeys(member.first, key) <= 0) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }

  async #lines(member: number, signal: AbortSignal): Promise<readonly IndexEntry[]> {
    if (this.#last?.member !== member) this.#last = { member, lines: this.#read(member, signal) };
    const { lines } = this.#last;
    try {
      return await lines;
    } catch (error) {
      this.#last = undefined;
      throw error;
    }
  }

  async #read(member: number, signal: AbortSignal): Promise<readonly IndexEntry[]> {
    const place = this.#table.members[member];
    if (place === undefined) throw damaged("its table counts other items than its lines");
    const packed = await this.#source.read(place.offset, place.length, signal);
    return await orDamaged(async () => {
      const entries = parseLines(await expandMember(packed, MAX_MEMBER_BYTES), this.#archiveBytes);
      if (entries.length !== place.lines) throw new BrokenLine("a member has other lines");
      this.#checkOrder(member, entries);
      return entries;
    });
  }

  /** From the member's first key upwards, and below that of the next: so nothing stands there twice. */
  #checkOrder(member: number, entries: readonly IndexEntry[]): void {
    const { members } = this.#table;
    const keys = entries.map((entry) => this.#keyOf(entry));
    const first = members[member]?.first;
    const next = members[member + 1]?.first;
    const [start] = keys;
    const begins = first !== undefined && start !== undefined && compareMemberKeys(first, start) === 0;
    if (!(begins && ascends(next === undefined ? keys : [...keys, next]))) {
      throw new BrokenLine("lines are not in order");
    }
  }

  #keyOf(entry: IndexEntry): MemberKey {
    const position = this.#position(entry);
    const kind = this.kinds[position];
    if (kind === undefined || !sameKind(kind, entry))
      throw new BrokenLine("a line is of a kind that the table lacks");
    return { kind: position, namespace: entry.namespace, name: entry.name };
  }
}

/** Line by line: one text of them all would be a large object, of which a heap keeps many before it cleans up. */
function parseLines(bytes: Uint8Array, archiveBytes: number): readonly IndexEntry[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!isUtf8(text)) throw new BrokenLine("a member is not UTF-8");
  const entries: IndexEntry[] = [];
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf(NEWLINE, at);
    if (end === -1) throw new BrokenLine("a member's last line has no end");
    entries.push(parseIndexLine(text.toString("utf8", at, end), archiveBytes));
    at = end + 1;
  }
  return entries;
}

const NEWLINE = 0x0a;

function decode(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}

/** What zlib, the decoder and the checks object to is damage; the rest (a lost connection) is not. */
async function orDamaged<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw damaged(error instanceof Error ? error.message : String(error), error);
  }
}

function damaged(what: string, cause?: unknown): Failure {
  return new Failure("backup-damaged", `the backup's index is damaged: ${what}`, { cause });
}
