import type { IndexEntry } from "./index-entry.ts";

/** A gzip member and those of its items that are wanted. */
export interface WantedMember {
  readonly offset: number;
  readonly length: number;
  readonly entries: readonly IndexEntry[];
}

/** Members that one request fetches. */
export interface MemberRun {
  readonly offset: number;
  readonly length: number;
  readonly members: readonly WantedMember[];
}

/** One request: long enough that its round trip does not count, short enough for two of them in memory. */
const RUN_BYTES = 8 * 1024 * 1024;

/** In the file's order. Entries that name the same place but another length are apart: one of them is wrong. */
export function wantedMembers(entries: readonly IndexEntry[]): readonly WantedMember[] {
  const members = new Map<string, IndexEntry[]>();
  for (const entry of entries) {
    const key = entry.member.join(":");
    const group = members.get(key);
    if (group === undefined) members.set(key, [entry]);
    else group.push(entry);
  }
  return [...members.values()].flatMap(toMember).toSorted((left, right) => left.offset - right.offset);
}

function toMember(entries: readonly IndexEntry[]): readonly WantedMember[] {
  const [first] = entries;
  return first === undefined ? [] : [{ offset: first.member[0], length: first.member[1], entries }];
}

/** Members nearer to each other than `maxGapBytes` share a request, as long as it stays short. */
export function memberRuns(members: readonly WantedMember[], maxGapBytes: number): readonly MemberRun[] {
  const runs: { offset: number; length: number; members: WantedMember[] }[] = [];
  for (const member of members) {
    const run = runs.at(-1);
    const length = run === undefined ? 0 : member.offset + member.length - run.offset;
    const gap = run === undefined ? 0 : member.offset - run.offset - run.length;
    if (run !== undefined && gap >= 0 && gap <= maxGapBytes && length <= RUN_BYTES) {
      run.length = length;
      run.members.push(member);
    } else {
      runs.push({ offset: member.offset, length: member.length, members: [member] });
    }
  }
  return runs;
}
