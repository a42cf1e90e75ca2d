import { constants } from "node:fs";
import { lstat, mkdir, open, realpath, rmdir, stat } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { Failure } from "#core/model/errors.ts";
import { isErrno } from "./file-errors.ts";

/** Owner only: a backup holds Secrets. */
const FOLDER_MODE = 0o700;
export const FILE_MODE = 0o600;

/** The path of a key. Keys have been checked, so joining cannot leave the root; links could, so see `assertNoLinks`. */
export function pathOf(root: string, key: string): string {
  return join(root, ...key.split("/"));
}

/**
 * Refuses a folder that is reached through a symbolic link below the root: somebody who may write into the location
 * must not be able to point a read or a write elsewhere. An absent folder has no links.
 */
export async function assertNoLinks(root: string, folder: string): Promise<void> {
  try {
    const [realRoot, realFolder] = await Promise.all([realpath(root), realpath(folder)]);
    if (realFolder === realRoot + folder.slice(root.length)) return;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return;
    throw error;
  }
  throw new Failure("location-error", `${folder} is reached through a symbolic link; links are not followed`);
}

/** Makes the folder and all above it, lasting: a new folder is synced into its parent. */
export async function makeFolder(root: string, folder: string): Promise<void> {
  const firstMade = await makeMissing(folder);
  await assertNoLinks(root, folder);
  if (firstMade === undefined) return;
  for (let parent = dirname(folder); parent.length >= dirname(firstMade).length; parent = dirname(parent)) {
    await syncFolder(parent);
    if (parent === dirname(parent)) break;
  }
}

/** What was made can be taken away at once by runs that tidy up empty folders: each try needs another such coincidence. */
const TRIES = 10;

/**
 * Makes the folder and what is missing above it; gives the uppermost that was made. Not by mkdir's `recursive`: that one
 * tries for ever where a folder that is there answers ENOENT, as /proc and automounted folders do.
 */
async function makeMissing(folder: string, tries = TRIES): Promise<string | undefined> {
  const above = dirname(folder);
  const madeAbove = (await isPresent(above)) ? undefined : await makeMissing(above, tries);
  try {
    await mkdir(folder, { mode: FOLDER_MODE });
    return madeAbove ?? folder;
  } catch (error) {
    if (await isFolder(folder)) return madeAbove;
    if (isErrno(error, "ENOENT", "EEXIST") && tries > 1) return makeMissing(folder, tries - 1);
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ?? false;
}

/** Windows and some network file systems cannot sync a folder; what they can do is done. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    await using handle = await open(folder, constants.O_RDONLY);
    await handle.sync();
  } catch (error) {
    if (!isErrno(error, "EINVAL", "EPERM", "EISDIR", "EACCES", "ENOTSUP", "EBADF", "ENOENT")) throw error;
  }
}

/** Removes the folder and those above it, below the root, as far as they are empty. */
export async function removeEmptyFolders(root: string, folder: string): Promise<void> {
  for (let at = folder; at.startsWith(root + sep); at = dirname(at)) {
    try {
      await rmdir(at);
    } catch (error) {
      if (isErrno(error, "ENOENT")) continue;
      if (isErrno(error, "ENOTEMPTY", "EEXIST", "EBUSY", "EACCES", "EPERM")) return;
      throw error;
    }
  }
}

/** The folder, or the next one above it that is there. */
export async function nearestFolder(folder: string): Promise<string> {
  if ((await isPresent(folder)) || folder === dirname(folder)) return folder;
  return nearestFolder(dirname(folder));
}

export async function isPresent(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return false;
    throw error;
  }
}
