import { asRecord, BrokenLine, flag, text, whole } from "./archive-index-line.ts";
import { compareKeys, compareKinds } from "./archive-index-order.ts";
import type { ItemKey, KindCount } from "./index-entry.ts";

/** What the table's member holds, as JSON: enough to find every line and to count without reading any. */
export interface IndexTable {
  readonly format: typeof TABLE_FORMAT;
  readonly version: typeof TABLE_VERSION;
  /** In the index's order. */
  readonly kinds: readonly KindCount[];
  /** In the file's order, without gaps, from its first byte to the table. */
  readonly members: readonly LinesMember[];
}

export interface LinesMember {
  readonly offset: number;
  readonly length: number;
  readonly lines: number;
  readonly first: MemberKey;
}

export interface MemberKey extends ItemKey {
  /** Position in `kinds`. */
  readonly kind: number;
}

export const TABLE_FORMAT = "kubectl-backup-index";
export const TABLE_VERSION = 1;

const MAX_MEMBER_LINES = 4096;

export function compareMemberKeys(left: MemberKey, right: MemberKey): number {
  return left.kind - right.kind || compareKeys(left, right);
}

/** Throws BrokenLine where the table is not one, or does not fit itself or the bytes before it. */
export function parseTable(json: string, tableOffset: number): IndexTable {
  const fields = asRecord(parseJson(json), "the table");
  if (fields["format"] !== TABLE_FORMAT || fields["version"] !== TABLE_VERSION) {
    throw new BrokenLine("the table is of another format");
  }
  const kinds = list(fields, "kinds").map(parseKind);
  const members = list(fields, "members").map((member) => parseMember(member, kinds.length));
  checkKinds(kinds);
  checkMembers(members, tableOffset);
  if (sum(kinds, (kind) => kind.count) !== sum(members, (member) => member.lines)) {
    throw new BrokenLine("the table counts other items than it has lines");
  }
  return { format: TABLE_FORMAT, version: TABLE_VERSION, kinds, members };
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new BrokenLine("the table is not JSON");
  }
}

function list(fields: Readonly<Record<string, unknown>>, key: string): readonly unknown[] {
  const value = fields[key];
  if (!Array.isArray(value)) throw new BrokenLine(`"${key}" is not a list`);
  return value;
}

function parseKind(value: unknown): KindCount {
  const fields = asRecord(value, "a kind");
  const namespaces = asRecord(fields["namespaces"], '"namespaces"');
  return {
    group: text(fields, "group"),
    version: text(fields, "version"),
    resource: text(fields, "resource"),
    kind: text(fields, "kind"),
    namespaced: flag(fields, "namespaced"),
    count: whole(fields["count"], "count"),
    namespaces: Object.fromEntries(
      Object.entries(namespaces).map(([namespace, count]) => [namespace, whole(count, namespace)]),
    ),
  };
}

function parseMember(value: unknown, kindCount: number): LinesMember {
  const fields = asRecord(value, "a member");
  const first = asRecord(fields["first"], '"first"');
  const kind = whole(first["kind"], "kind");
  if (kind >= kindCount) throw new BrokenLine("a member begins with a kind that the table does not have");
  return {
    offset: whole(fields["offset"], "offset"),
    length: whole(fields["length"], "length"),
    lines: whole(fields["lines"], "lines"),
    first: { kind, namespace: text(first, "namespace"), name: text(first, "name") },
  };
}

function checkKinds(kinds: readonly KindCount[]): void {
  for (const [at, kind] of kinds.entries()) {
    const before = kinds[at - 1];
    if (before !== undefined && compareKinds(before, kind) >= 0)
      throw new BrokenLine("kinds are not in order");
    if (sum(Object.values(kind.namespaces), (count) => count) !== kind.count) {
      throw new BrokenLine("a kind's count is not the sum of its namespaces");
    }
  }
}

function checkMembers(members: readonly LinesMember[], tableOffset: number): void {
  let end = 0;
  for (const member of members) {
    if (member.offset !== end || member.length === 0) throw new BrokenLine("members have gaps");
    if (member.lines === 0 || member.lines > MAX_MEMBER_LINES)
      throw new BrokenLine("a member has too many lines");
    end += member.length;
  }
  if (end !== tableOffset) throw new BrokenLine("members do not end where the table begins");
  if (!ascends(members.map((member) => member.first))) throw new BrokenLine("members are not in order");
}

/** Each key behind the one before: so nothing stands there twice. */
export function ascends(keys: readonly MemberKey[]): boolean {
  return keys.every((key, at) => at === 0 || compareMemberKeys(keys[at - 1] ?? key, key) < 0);
}

function sum<T>(values: readonly T[], size: (value: T) => number): number {
  return values.reduce((total, value) => total + size(value), 0);
}
