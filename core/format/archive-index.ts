import { Failure } from "#core/model/errors.ts";
import { groupResource, type ItemKind } from "#core/model/item.ts";
import { decodeFooter, FOOTER_BYTES, type TablePlace } from "./archive-index-footer.ts";
import { BrokenLine } from "./archive-index-line.ts";
import { IndexLines } from "./archive-index-lines.ts";
import { compareKinds, sameKind } from "./archive-index-order.ts";
import { compareMemberKeys, type IndexTable, type MemberKey, parseTable } from "./archive-index-table.ts";
import { firstWhere } from "./first-where.ts";
import { expandMember } from "./gzip-member.ts";
import type { IndexEntry, KindCount } from "./index-entry.ts";

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
  #last: { readonly member: number; readonly lines: Promise<IndexLines> } | undefined;

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
    const first = { kind: position, namespace: namespace ?? "", name: "" };
    const isWanted = (entry: IndexEntry) =>
      compareKinds(entry, kind) === 0 && (namespace === undefined || entry.namespace === namespace);
    let seen = 0;
    for (let at = this.#memberOf(first); seen < expected; at += 1) {
      const wanted = await this.#linesFrom(first, { member: at, isWanted, signal });
      seen += wanted.length;
      if (wanted.length > 0) yield wanted;
    }
    if (seen !== expected) throw damaged("its table counts other items than its lines");
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
    const behind = firstWhere(members.length, (at) => {
      const member = members[at];
      return member !== undefined && compareMemberKeys(member.first, key) > 0;
    });
    return Math.max(0, behind - 1);
  }

  async #linesFrom(
    first: MemberKey,
    {
      member,
      isWanted,
      signal,
    }: {
      readonly member: number;
      readonly isWanted: (entry: IndexEntry) => boolean;
      readonly signal: AbortSignal;
    },
  ): Promise<readonly IndexEntry[]> {
    const lines = await this.#lines(member, signal);
    return await orDamaged(async () => lines.from(first, isWanted));
  }

  async #lines(member: number, signal: AbortSignal): Promise<IndexLines> {
    if (this.#last?.member !== member) this.#last = { member, lines: this.#read(member, signal) };
    const { lines } = this.#last;
    try {
      return await lines;
    } catch (error) {
      this.#last = undefined;
      throw error;
    }
  }

  async #read(member: number, signal: AbortSignal): Promise<IndexLines> {
    const place = this.#table.members[member];
    if (place === undefined) throw damaged("its table counts other items than its lines");
    const packed = await this.#source.read(place.offset, place.length, signal);
    return await orDamaged(async () => {
      const lines = new IndexLines(await expandMember(packed, MAX_MEMBER_BYTES), {
        archiveBytes: this.#archiveBytes,
        keyOf: (entry) => this.#keyOf(entry),
      });
      if (lines.count !== place.lines) throw new BrokenLine("a member has other lines");
      this.#checkEnds(member, lines);
      return lines;
    });
  }

  /** From the member's first key on, and below that of the next: so nothing stands in two of them. */
  #checkEnds(member: number, lines: IndexLines): void {
    const { members } = this.#table;
    const first = members[member]?.first;
    const next = members[member + 1]?.first;
    const begins = first !== undefined && compareMemberKeys(first, lines.keyAt(0)) === 0;
    const ends = next === undefined || compareMemberKeys(lines.keyAt(lines.count - 1), next) < 0;
    if (!(begins && ends)) throw new BrokenLine("lines are not in order");
  }

  #keyOf(entry: IndexEntry): MemberKey {
    const position = this.#position(entry);
    const kind = this.kinds[position];
    if (kind === undefined || !sameKind(kind, entry))
      throw new BrokenLine("a line is of a kind that the table lacks");
    return { kind: position, namespace: entry.namespace, name: entry.name };
  }
}

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
