import type { Dirent } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { lookAhead } from "#core/flow/look-ahead.ts";
import { isKey } from "#core/storage/keys.ts";
import type { ObjectInfo } from "#core/storage/object-store.ts";
import { isErrno } from "./file-errors.ts";
import { fileStamp } from "./file-stamp.ts";
import { isTemporary } from "./new-file.ts";

export interface Found {
  readonly type: "object" | "folder" | "temporary";
  /** A folder's key ends in `/`. */
  readonly key: string;
}

/**
 * What lies in one folder, in byte order of the keys that begin there: a folder sorts as its name with the slash, since
 * `a-b/x` comes before `a/x`. Links, pipes and names that are no keys are not ours and not seen.
 */
export async function readFolder(root: string, folderKey: string): Promise<Found[]> {
  const entries = await readdir(join(root, folderKey), { withFileTypes: true }).catch(noneIfAbsent);
  const found = entries.flatMap((entry) => classify(entry, folderKey) ?? []);
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
}

function noneIfAbsent(error: unknown): Dirent[] {
  if (isErrno(error, "ENOENT", "ENOTDIR")) return [];
  throw error;
}

function classify(entry: Dirent, folderKey: string): Found | undefined {
  const key = folderKey + entry.name;
  if (entry.isFile() && isTemporary(entry.name)) return { type: "temporary", key };
  if (!isKey(entry.name)) return undefined;
  if (entry.isFile()) return { type: "object", key };
  return entry.isDirectory() ? { type: "folder", key: `${key}/` } : undefined;
}

/** Of each level, as many reads at once as Node's thread pool has threads: alone, each waits out its trip through it. */
const READ_AHEAD = 4;

/** Everything below the prefix, in byte order, folders and temporary files included. */
export async function* walk(root: string, prefix: string): AsyncGenerator<Found> {
  const top = await readFolder(root, prefix.slice(0, prefix.lastIndexOf("/") + 1));
  yield* descend(root, top, prefix);
}

async function* descend(root: string, entries: readonly Found[], prefix: string): AsyncGenerator<Found> {
  const wanted = entries.filter(({ type, key }) => type === "temporary" || key.startsWith(prefix));
  const read = async (found: Found) => ({
    found,
    below: found.type === "folder" ? await readFolder(root, found.key) : [],
  });
  for await (const { found, below } of lookAhead(wanted, READ_AHEAD, read)) {
    yield found;
    if (found.type === "folder") yield* descend(root, below, prefix);
  }
}

/** undefined: gone, or not a plain file. */
export async function describeFile(path: string, key: string): Promise<ObjectInfo | undefined> {
  try {
    const stat = await lstat(path, { bigint: true });
    if (!stat.isFile()) return undefined;
    return { key, sizeBytes: Number(stat.size), etag: fileStamp(stat), lastModified: stat.mtime };
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}
