import type { SortedDraft } from "./archive-index-draft.ts";
import { encodeFooter } from "./archive-index-footer.ts";
import { type LinesMember, type MemberKey, TABLE_FORMAT, TABLE_VERSION } from "./archive-index-table.ts";
import type { ByteSink } from "./archive-writer.ts";
import { compressMember } from "./gzip-member.ts";

/**
 * Readers take four times as many; this many, parsed, are 1.5 MB of objects, which die before a reader's heap has grown
 * for them.
 */
const MEMBER_LINES = 1024;

/** A member is cut here even when it has few lines: objects may have megabytes of labels. */
const MEMBER_BYTES = 2 * 1024 * 1024;

/** Room for `,"member":[offset,length]}` and the line's end. */
const PLACE_BYTES = 64;

export type Place = (member: number) => readonly [offset: number, length: number];

/** Lines in members, the table, the footer (README.md describes each byte). */
export async function writeIndex(
  sink: ByteSink,
  drafts: readonly SortedDraft[],
  place: Place,
): Promise<void> {
  const writer = new LinesWriter(sink);
  for (const [kind, draft] of drafts.entries()) {
    for (const record of draft.records()) {
      if (writer.isFull(record.line.length)) await writer.endMember();
      const [offset, length] = place(record.member);
      writer.add(
        { kind, namespace: record.namespace, name: record.name },
        record.line,
        `,"member":[${offset},${length}]}\n`,
      );
    }
  }
  await writer.endMember();
  const table = {
    format: TABLE_FORMAT,
    version: TABLE_VERSION,
    kinds: drafts.map((draft) => draft.count),
    members: writer.members,
  };
  const bytes = await compressMember(Buffer.from(JSON.stringify(table)));
  await sink.write(bytes);
  await sink.write(encodeFooter({ offset: writer.fileBytes, length: bytes.length }));
}

class LinesWriter {
  readonly members: LinesMember[] = [];
  fileBytes = 0;
  readonly #sink: ByteSink;
  #buffer = Buffer.allocUnsafeSlow(MEMBER_BYTES);
  #used = 0;
  #lines = 0;
  #first: MemberKey | undefined;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  isFull(lineBytes: number): boolean {
    if (this.#lines === 0) return false;
    return this.#lines === MEMBER_LINES || this.#used + lineBytes + PLACE_BYTES > this.#buffer.length;
  }

  add(key: MemberKey, line: Uint8Array, end: string): void {
    const needed = this.#used + line.length + PLACE_BYTES;
    // Only the first line of a member may be longer than the buffer: isFull has ended the member before others.
    if (needed > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(needed);
    this.#first ??= key;
    this.#buffer.set(line, this.#used);
    this.#used += line.length;
    this.#used += this.#buffer.write(end, this.#used, "latin1");
    this.#lines += 1;
  }

  async endMember(): Promise<void> {
    if (this.#first === undefined) return;
    const bytes = await compressMember(this.#buffer.subarray(0, this.#used));
    await this.#sink.write(bytes);
    this.members.push({
      offset: this.fileBytes,
      length: bytes.length,
      lines: this.#lines,
      first: this.#first,
    });
    this.fileBytes += bytes.length;
    this.#used = 0;
    this.#lines = 0;
    this.#first = undefined;
  }
}
