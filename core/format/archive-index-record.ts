import type { ItemKey } from "./index-entry.ts";

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

/** What a record needs at most: a UTF-16 unit becomes at most three bytes of UTF-8. */
export function mostRecordBytes({ namespace, name }: ItemKey, line: string): number {
  return HEAD_BYTES + 2 * (namespace.length + name.length) + 3 * line.length;
}

/** Returns where the record ends. */
export function writeRecord(
  target: Buffer,
  at: number,
  { namespace, name, member, line }: ItemKey & { readonly member: number; readonly line: string },
): number {
  const nameStart = at + HEAD_BYTES + namespace.length * 2;
  const lineStart = nameStart + name.length * 2;
  target.write(namespace, at + HEAD_BYTES, "utf16le");
  target.write(name, nameStart, "utf16le");
  const lineBytes = target.write(line, lineStart, "utf8");
  target.writeUInt32LE(member, at);
  target.writeUInt32LE(namespace.length * 2, at + 4);
  target.writeUInt32LE(name.length * 2, at + 8);
  target.writeUInt32LE(lineBytes, at + 12);
  return lineStart + lineBytes;
}

export function recordBytes(bytes: Buffer, at: number): number {
  return HEAD_BYTES + bytes.readUInt32LE(at + 4) + bytes.readUInt32LE(at + 8) + bytes.readUInt32LE(at + 12);
}

export function readKey(bytes: Buffer, at: number): ItemKey {
  const nameStart = at + HEAD_BYTES + bytes.readUInt32LE(at + 4);
  const nameEnd = nameStart + bytes.readUInt32LE(at + 8);
  return {
    namespace: bytes.toString("utf16le", at + HEAD_BYTES, nameStart),
    name: bytes.toString("utf16le", nameStart, nameEnd),
  };
}

/** The line is a view of the bytes. */
export function readRecord(bytes: Buffer, at: number): DraftRecord {
  const end = at + recordBytes(bytes, at);
  const line = bytes.subarray(end - bytes.readUInt32LE(at + 12), end);
  return { ...readKey(bytes, at), member: bytes.readUInt32LE(at), line };
}
