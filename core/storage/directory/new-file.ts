import type { Hash } from "node:crypto";
import { type FileHandle, link, open, rename, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Failure } from "#core/model/errors.ts";
import { isErrno } from "./file-errors.ts";
import { fileStamp } from "./file-stamp.ts";
import { FILE_MODE, isPresent, makeFolder, removeEmptyFolders, syncFolder } from "./folder.ts";

/** Starts with a dot, so no key can ever name it. */
const TEMPORARY = /^\.kubectl-backup-[0-9a-f]{16}\.tmp$/;

export function isTemporary(name: string): boolean {
  return TEMPORARY.test(name);
}

export interface WrittenFile {
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly etag: string;
}

/** Thrown by `publish` when the name is taken. */
export class NameTaken extends Error {}

/**
 * A file on its way: written under a temporary name in its own folder, so that publishing it is one step within one
 * file system. Whatever fails removes it again.
 */
export class NewFile {
  readonly #root: string;
  readonly #path: string;
  readonly #temporary: string;
  readonly #handle: FileHandle;
  readonly #digest: Hash;
  #sizeBytes = 0;
  #open = true;

  private constructor(
    place: { root: string; path: string; temporary: string },
    handle: FileHandle,
    digest: Hash,
  ) {
    this.#root = place.root;
    this.#path = place.path;
    this.#temporary = place.temporary;
    this.#handle = handle;
    this.#digest = digest;
  }

  get temporaryPath(): string {
    return this.#temporary;
  }

  static async create(root: string, path: string): Promise<NewFile> {
    // Whoever only reads does without it: it takes 7 ms to load.
    const { createHash, randomBytes } = await import("node:crypto");
    const temporary = join(dirname(path), `.kubectl-backup-${randomBytes(8).toString("hex")}.tmp`);
    for (let attempt = 1; ; attempt++) {
      try {
        await makeFolder(root, dirname(path));
        const handle = await open(temporary, "wx", FILE_MODE);
        return new NewFile({ root, path, temporary }, handle, createHash("sha256"));
      } catch (error) {
        // Somebody removed the last object of the folder, and with it the folder, between two steps of ours.
        if (!isErrno(error, "ENOENT") || attempt === 20) throw error;
      }
    }
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#digest.update(chunk);
    this.#sizeBytes += chunk.length;
    for (let at = 0; at < chunk.length; ) {
      at += (await this.#handle.write(chunk, at, chunk.length - at)).bytesWritten;
    }
  }

  /** The bytes are on the disk before the name is, and the name is before this returns. */
  async publish(): Promise<WrittenFile> {
    await this.#handle.sync();
    const stat = await this.#handle.stat({ bigint: true });
    if (stat.size !== BigInt(this.#sizeBytes)) {
      throw new Failure(
        "location-error",
        `${basename(this.#path)}: the file holds ${stat.size} of ${this.#sizeBytes} bytes`,
      );
    }
    await this.#close();
    await giveName(this.#temporary, this.#path);
    await syncFolder(dirname(this.#path));
    return { sizeBytes: this.#sizeBytes, sha256: this.#digest.digest("hex"), etag: fileStamp(stat) };
  }

  async discard(): Promise<void> {
    await this.#close().catch(() => undefined);
    await unlinkIfPresent(this.#temporary);
    await removeEmptyFolders(this.#root, dirname(this.#path));
  }

  async #close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#handle.close();
  }
}

/**
 * link() fails where the name exists, which rename() does not: it is the one atomic "only if absent" of a file system.
 * Where links do not exist (FAT, some network shares) a look before the rename has to do, under the run's claim.
 */
export async function giveName(temporary: string, path: string, makeLink = link): Promise<void> {
  try {
    await makeLink(temporary, path);
  } catch (error) {
    if (isErrno(error, "EEXIST")) throw new NameTaken();
    if (!isErrno(error, ...NO_LINKS)) throw error;
    if (await isPresent(path)) throw new NameTaken();
    return rename(temporary, path);
  }
  await unlink(temporary);
}

const NO_LINKS = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"];

export async function unlinkIfPresent(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR")) throw error;
  }
}

/** Whether this folder's file system has links; leaves nothing. */
export async function hasLinks(root: string): Promise<boolean> {
  const { randomBytes } = await import("node:crypto");
  const file = await NewFile.create(root, join(root, "probe"));
  const temporary = file.temporaryPath;
  const second = temporary.replace(/[0-9a-f]{16}/, () => randomBytes(8).toString("hex"));
  try {
    await link(temporary, second);
    return true;
  } catch (error) {
    if (isErrno(error, ...NO_LINKS)) return false;
    throw error;
  } finally {
    await unlinkIfPresent(second);
    await file.discard();
  }
}
