import type { IndexEntry } from "./index-entry.ts";

/** A line that is not an index entry; the caller knows which file it came from. */
export class BrokenLine extends Error {
  override readonly name = "BrokenLine";
}

const SHA256 = /^[0-9a-f]{64}$/;

/** Every field is checked for its type, and the member's place against the size of the archive. */
export function parseIndexLine(line: string, archiveBytes: number): IndexEntry {
  const fields = parseObject(line);
  const [offset, sizeBytes] = extent(fields, "range");
  return {
    group: text(fields, "group"),
    version: text(fields, "version"),
    resource: text(fields, "resource"),
    kind: text(fields, "kind"),
    namespaced: flag(fields, "namespaced"),
    namespace: text(fields, "namespace"),
    name: text(fields, "name"),
    uid: text(fields, "uid"),
    resourceVersion: text(fields, "resourceVersion"),
    generation: fields["generation"] === undefined ? undefined : whole(fields["generation"], "generation"),
    labels: labels(fields["labels"]),
    ownerUids: texts(fields["ownerUids"]),
    terminating: flag(fields, "terminating"),
    offset,
    sizeBytes,
    sha256: digest(fields),
    member: memberExtent(fields, archiveBytes),
  };
}

function parseObject(line: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new BrokenLine("a line is not JSON");
  }
  return asRecord(value, "a line");
}

export function asRecord(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new BrokenLine(`${what} is not an object`);
  }
  // Checked on the line above: JSON has no other objects.
  return value as Readonly<Record<string, unknown>>;
}

export function text(fields: Readonly<Record<string, unknown>>, key: string): string {
  const value = fields[key];
  if (typeof value !== "string") throw new BrokenLine(`"${key}" is not a string`);
  return value;
}

export function flag(fields: Readonly<Record<string, unknown>>, key: string): boolean {
  const value = fields[key];
  if (typeof value !== "boolean") throw new BrokenLine(`"${key}" is not true or false`);
  return value;
}

export function whole(value: unknown, key: string): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw new BrokenLine(`"${key}" is not a whole number`);
  }
  return value;
}

function digest(fields: Readonly<Record<string, unknown>>): string {
  const value = text(fields, "sha256");
  if (!SHA256.test(value)) throw new BrokenLine('"sha256" is not a digest');
  return value;
}

function extent(fields: Readonly<Record<string, unknown>>, key: string): readonly [number, number] {
  const value = fields[key];
  if (!Array.isArray(value) || value.length !== 2) throw new BrokenLine(`"${key}" is not a pair`);
  return [whole(value[0], key), whole(value[1], key)];
}

function memberExtent(
  fields: Readonly<Record<string, unknown>>,
  archiveBytes: number,
): readonly [number, number] {
  const member = extent(fields, "member");
  if (member[1] === 0 || member[0] + member[1] > archiveBytes) {
    throw new BrokenLine('"member" lies outside of the archive');
  }
  return member;
}

function labels(value: unknown): Readonly<Record<string, string>> {
  const map = asRecord(value, '"labels"');
  for (const key in map) {
    if (typeof map[key] !== "string") throw new BrokenLine('"labels" holds something that is not a string');
  }
  // Every value has just been seen to be a string.
  return map as Readonly<Record<string, string>>;
}

function texts(value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw new BrokenLine('"ownerUids" is not a list');
  for (const one of value) {
    if (typeof one !== "string") throw new BrokenLine('"ownerUids" holds something that is not a string');
  }
  return value;
}
