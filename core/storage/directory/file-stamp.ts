import type { BigIntStats } from "node:fs";

/**
 * A file's ETag: its size, its modification time and its inode. Files here are never rewritten in place, so new bytes
 * mean a new inode or a new time. It is no digest: a copy of the folder elsewhere has other stamps.
 */
export function fileStamp(stat: BigIntStats): string {
  return [stat.size, stat.mtimeNs, stat.ino].map((part) => part.toString(36)).join("-");
}
