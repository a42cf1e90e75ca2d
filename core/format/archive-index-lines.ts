import { isUtf8 } from "node:buffer";
import { BrokenLine, parseIndexLine } from "./archive-index-line.ts";
import { ascends, compareMemberKeys, type MemberKey } from "./archive-index-table.ts";
import { firstWhere } from "./first-where.ts";
import type { IndexEntry } from "./index-entry.ts";

export interface IndexLinesOptions {
  /** Entries that point beyond it are broken. */
  readonly archiveBytes: number;
  /** Throws BrokenLine for a kind that the table lacks. */
  readonly keyOf: (entry: IndexEntry) => MemberKey;
}

interface Line {
  readonly entry: IndexEntry;
  readonly key: MemberKey;
}

/**
 * The lines of one member, each parsed when it is first looked at: who restores one namespace of a thousand waits for
 * the lines of that one. Of the others nothing is checked: where an index lies, counting what is found tells.
 */
export class IndexLines {
  /** Not a string: one of them all would be a large object, of which a heap keeps many before it cleans up. */
  readonly #text: Buffer;
  /** Where each line begins, and where the last one ends. */
  readonly #starts: readonly number[];
  readonly #lines: (Line | undefined)[] = [];
  readonly #options: IndexLinesOptions;

  constructor(bytes: Uint8Array, options: IndexLinesOptions) {
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (!isUtf8(this.#text)) throw new BrokenLine("a member is not UTF-8");
    this.#starts = startsOf(this.#text);
    this.#options = options;
  }

  get count(): number {
    return this.#starts.length - 1;
  }

  keyAt(at: number): MemberKey {
    return this.#at(at).key;
  }

  /** From the first line that is not before the key on, as long as they are wanted; checked to ascend. */
  from(key: MemberKey, isWanted: (entry: IndexEntry) => boolean): readonly IndexEntry[] {
    const run: Line[] = [];
    const first = firstWhere(this.count, (at) => compareMemberKeys(this.keyAt(at), key) >= 0);
    for (let at = first; at < this.count; at += 1) {
      const line = this.#at(at);
      if (!isWanted(line.entry)) break;
      run.push(line);
    }
    if (!ascends(run.map((line) => line.key))) throw new BrokenLine("lines are not in order");
    return run.map((line) => line.entry);
  }

  #at(at: number): Line {
    const known = this.#lines[at];
    if (known !== undefined) return known;
    const [start = 0, end = 0] = [this.#starts[at], this.#starts[at + 1]];
    const entry = parseIndexLine(this.#text.toString("utf8", start, end - 1), this.#options.archiveBytes);
    const line = { entry, key: this.#options.keyOf(entry) };
    this.#lines[at] = line;
    return line;
  }
}

const NEWLINE = 0x0a;

function startsOf(text: Buffer): readonly number[] {
  const starts = [0];
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf(NEWLINE, at);
    if (end === -1) throw new BrokenLine("a member's last line has no end");
    at = end + 1;
    starts.push(at);
  }
  return starts;
}
