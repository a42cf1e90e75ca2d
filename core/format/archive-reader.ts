import { hash } from "node:crypto";
import { lookAhead } from "#core/flow/look-ahead.ts";
import { describeError } from "#core/model/errors.ts";
import { type MemberRun, memberRuns, type WantedMember, wantedMembers } from "./archive-ranges.ts";
import { expandMember } from "./gzip-member.ts";
import { groupOf, type IndexEntry, type ReadHeader } from "./index-entry.ts";

/** The archive file as ranges. `read` delivers exactly the range or throws. */
export interface ArchiveSource {
  readonly sizeBytes: number;
  read(offset: number, length: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

export interface ReadOptions {
  readonly readHeader: ReadHeader;
  /** Members nearer to each other than this are fetched by one request, the gap thrown away. */
  readonly maxGapBytes?: number;
  readonly signal: AbortSignal;
}

/** `bytes` have the entry's digest and identity; or what is wrong with them. */
export type ReadResult =
  | { readonly entry: IndexEntry; readonly bytes: Uint8Array; readonly damage?: undefined }
  | { readonly entry: IndexEntry; readonly damage: string };

/** What a request costs on a store 30 ms away at 10 MB/s. */
const DEFAULT_GAP_BYTES = 256 * 1024;

/** One is being used, one being fetched. */
const RUNS_AHEAD = 2;

/** One is being used, two being unpacked on two cores. */
const MEMBERS_AHEAD = 3;

/** The largest object that any server takes is far below; a member that claims more is not unpacked. */
const MAX_MEMBER_BYTES = 256 * 1024 * 1024;

/**
 * In the archive's order, each member fetched and unpacked once. Damage is a result and touches only the items of its
 * member; what `read` throws (a lost connection) ends the reading. Bytes share their member's memory: copy what is kept.
 */
export async function* readItems(
  source: ArchiveSource,
  entries: readonly IndexEntry[],
  options: ReadOptions,
): AsyncGenerator<ReadResult> {
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const members = wantedMembers(entries);
  const within = members.filter((member) => member.offset + member.length <= source.sizeBytes);
  const beyond = members.filter((member) => member.offset + member.length > source.sizeBytes);
  try {
    yield* beyond.flatMap((member) => allDamaged(member, "the archive ends before it"));
    const runs = memberRuns(within, options.maxGapBytes ?? DEFAULT_GAP_BYTES);
    for await (const fetched of lookAhead(runs, RUNS_AHEAD, (run) => fetchRun(source, run, signal))) {
      yield* unpackRun(fetched, options);
    }
  } finally {
    stop.abort();
  }
}

interface FetchedRun {
  readonly run: MemberRun;
  readonly bytes: Uint8Array;
}

async function fetchRun(source: ArchiveSource, run: MemberRun, signal: AbortSignal): Promise<FetchedRun> {
  const bytes = new Uint8Array(run.length);
  let filled = 0;
  for await (const chunk of source.read(run.offset, run.length, signal)) {
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  return { run, bytes: bytes.subarray(0, filled) };
}

async function* unpackRun({ run, bytes }: FetchedRun, options: ReadOptions): AsyncGenerator<ReadResult> {
  const unpack = async (member: WantedMember): Promise<readonly ReadResult[]> => {
    const start = member.offset - run.offset;
    return await unpackMember(member, bytes.subarray(start, start + member.length), options.readHeader);
  };
  for await (const results of lookAhead(run.members, MEMBERS_AHEAD, unpack)) {
    options.signal.throwIfAborted();
    yield* results;
  }
}

async function unpackMember(
  member: WantedMember,
  packed: Uint8Array,
  readHeader: ReadHeader,
): Promise<readonly ReadResult[]> {
  let bytes: Uint8Array;
  try {
    bytes = await expandMember(packed, MAX_MEMBER_BYTES);
  } catch (error) {
    return allDamaged(member, `its part of the archive cannot be unpacked (${describeError(error)})`);
  }
  return member.entries.map((entry) => checkItem(entry, bytes, readHeader));
}

function allDamaged(member: WantedMember, damage: string): readonly ReadResult[] {
  return member.entries.map((entry) => ({ entry, damage }));
}

function checkItem(entry: IndexEntry, member: Uint8Array, readHeader: ReadHeader): ReadResult {
  const end = entry.offset + entry.sizeBytes;
  if (end > member.length) return { entry, damage: "the index points outside of the archive" };
  const bytes = member.subarray(entry.offset, end);
  if (hash("sha256", bytes, "hex") !== entry.sha256) {
    return { entry, damage: "its bytes are not those that were stored (sha256 differs)" };
  }
  const damage = identityTrouble(entry, bytes, readHeader);
  return damage === undefined ? { entry, bytes } : { entry, damage };
}

/** An index that gives one object's bytes another object's name must not get it restored under that name. */
function identityTrouble(entry: IndexEntry, bytes: Uint8Array, readHeader: ReadHeader): string | undefined {
  try {
    const header = readHeader(bytes);
    const same =
      groupOf(header.apiVersion) === entry.group &&
      header.kind === entry.kind &&
      header.namespace === entry.namespace &&
      header.name === entry.name &&
      header.uid === entry.uid;
    return same ? undefined : "its bytes are another object's";
  } catch (error) {
    return describeError(error);
  }
}
