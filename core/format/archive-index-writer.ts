import type { SortedDraft } from "./archive-index-draft.ts";
import { encodeFooter } from "./archive-index-footer.ts";
import {
  type IndexTable,
  type LinesMember,
  type MemberKey,
  TABLE_FORMAT,
  TABLE_VERSION,
} from "./archive-index-table.ts";
import { ArchiveMembers, type OpenMember } from "./archive-members.ts";
import type { ByteSink } from "./archive-writer.ts";
import { compressMember } from "./gzip-member.ts";

/**
 * Readers take four times as many; this many, parsed, are 1.5 MB of objects, which die before a reader's heap has grown
 * for them.
 */
const MEMBER_LINES = 1024;

/** A member is cut here even when it has few lines: objects may have megabytes of labels. */
const MEMBER_BYTES = 1024 * 1024;

export type Place = (member: number) => readonly [offset: number, length: number];

/** Lines in members, the table, the footer (README.md describes each byte). */
export async function writeIndex(
  { sink, signal }: { readonly sink: ByteSink; readonly signal: AbortSignal },
  drafts: readonly SortedDraft[],
  place: Place,
): Promise<void> {
  const members = new ArchiveMembers(sink, signal);
  try {
    const lines = await writeLines(members, drafts, place);
    const table: IndexTable = {
      format: TABLE_FORMAT,
      version: TABLE_VERSION,
      kinds: drafts.map((draft) => draft.count),
      members: lines.map((held, number): LinesMember => {
        const [offset, length] = members.place(number);
        return { offset, length, ...held };
      }),
    };
    await writeTable(sink, table, members.fileBytes);
  } finally {
    members.stop();
  }
}

async function writeLines(
  members: ArchiveMembers,
  drafts: readonly SortedDraft[],
  place: Place,
): Promise<readonly Lines[]> {
  const writer = new LinesWriter(members);
  for (const [kind, draft] of drafts.entries()) {
    for (const record of draft.records()) {
      const [offset, length] = place(record.member);
      const end = `,"member":[${offset},${length}]}\n`;
      const room = writer.add({ kind, namespace: record.namespace, name: record.name }, record.line, end);
      if (room !== undefined) await room;
    }
  }
  writer.endMember();
  await members.drain();
  return writer.lines;
}

async function writeTable(sink: ByteSink, table: IndexTable, offset: number): Promise<void> {
  const bytes = await compressMember(Buffer.from(JSON.stringify(table)));
  await sink.write(bytes);
  await sink.write(encodeFooter({ offset, length: bytes.length }));
}

interface Lines {
  lines: number;
  readonly first: MemberKey;
}

interface Filling {
  readonly member: OpenMember;
  readonly held: Lines;
}

/** Fills members with lines; several are compressed while the next one is filled. */
class LinesWriter {
  /** Of each member, by number. */
  readonly lines: Lines[] = [];
  readonly #members: ArchiveMembers;
  #filling: Filling | undefined;

  constructor(members: ArchiveMembers) {
    this.#members = members;
  }

  /** The Promise, when there is one, resolves when there is room for more. */
  add(key: MemberKey, line: Uint8Array, end: string): Promise<void> | undefined {
    const { member, held } = this.#roomFor(key, line.length + end.length);
    member.buffer.set(line, member.used);
    member.used += line.length;
    member.used += member.buffer.write(end, member.used, "latin1");
    held.lines += 1;
    return this.#members.room();
  }

  endMember(): void {
    if (this.#filling !== undefined) this.#members.seal(this.#filling.member);
    this.#filling = undefined;
  }

  #roomFor(key: MemberKey, bytes: number): Filling {
    const filling = this.#filling;
    if (filling !== undefined && hasRoom(filling, bytes)) return filling;
    this.endMember();
    const next = {
      member: this.#members.open(Math.max(bytes, MEMBER_BYTES)),
      held: { lines: 0, first: key },
    };
    this.lines.push(next.held);
    this.#filling = next;
    return next;
  }
}

function hasRoom({ member, held }: Filling, bytes: number): boolean {
  return held.lines < MEMBER_LINES && member.used + bytes <= MEMBER_BYTES;
}
