/**
 * A folder as a store. Its one rule: a file appears under its name whole, once, and on the disk, or not at all. It must
 * not know what lies in the files.
 */
import { type BigIntStats, constants } from "node:fs";
import { access, type FileHandle, lstat, open, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { Failure } from "#core/model/errors.ts";
import { checkKey, checkPrefix } from "#core/storage/keys.ts";
import type {
  GetOptions,
  ListOptions,
  ListPage,
  ObjectInfo,
  ObjectStore,
  StoredObject,
  Upload,
} from "#core/storage/object-store.ts";
import { keyAbsent, keyExists, objectChanged, objectTooShort } from "#core/storage/read-failures.ts";
import { fileFailure, isErrno } from "./file-errors.ts";
import { fileStamp } from "./file-stamp.ts";
import { assertNoLinks, nearestFolder, pathOf, removeEmptyFolders, syncFolder } from "./folder.ts";
import { hasLinks, NameTaken, NewFile, unlinkIfPresent } from "./new-file.ts";
import { describeFile, type Found, readFolder, walk } from "./walk.ts";

const PAGE_ENTRIES = 1000;
/** Large enough that the thread pool's hop per read does not show, small enough to hold dozens at once. */
const READ_BYTES = 256 * 1024;
const PUT_ATTEMPTS = 5;

export class DirectoryStore implements ObjectStore {
  readonly url: string;
  readonly #root: string;
  #links: Promise<boolean> | undefined;

  constructor(url: string, root: string) {
    this.url = url;
    // Without a slash at its end, so that what follows the root in a path starts with one.
    this.#root = resolve(root);
  }

  async *list(prefix: string, options: ListOptions): AsyncGenerator<ListPage> {
    checkPrefix(prefix, options.shallow === true);
    const { only, shallow = false, signal } = options;
    signal.throwIfAborted();
    try {
      await assertNoLinks(this.#root, pathOf(this.#root, prefix.slice(0, prefix.lastIndexOf("/") + 1)));
      const found = shallow ? await readFolder(this.#root, prefix) : walk(this.#root, prefix);
      let batch: Found[] = [];
      for await (const entry of found) {
        signal.throwIfAborted();
        if (isLeftOut(entry, only)) continue;
        batch.push(entry);
        if (batch.length < PAGE_ENTRIES) continue;
        yield await this.#page(batch, shallow ? prefix : undefined);
        batch = [];
      }
      yield await this.#page(batch, shallow ? prefix : undefined);
    } catch (error) {
      throw fileFailure(error, this.url);
    }
  }

  async head(key: string, signal: AbortSignal): Promise<ObjectInfo | undefined> {
    checkKey(key);
    signal.throwIfAborted();
    return this.#translated(async () => {
      const path = pathOf(this.#root, key);
      await assertNoLinks(this.#root, dirname(path));
      return describeFile(path, key);
    });
  }

  async *get(key: string, options: GetOptions): AsyncGenerator<Uint8Array> {
    checkKey(key);
    options.signal.throwIfAborted();
    try {
      await using file = await this.#openToRead(key);
      const stat = await file.stat({ bigint: true });
      const range = this.#rangeOf(key, stat, options);
      for (let at = range.offset; at < range.end; ) {
        options.signal.throwIfAborted();
        const chunk = await readChunk(file, at, Math.min(READ_BYTES, range.end - at));
        if (chunk.length === 0) throw objectTooShort(this.url, key);
        at += chunk.length;
        yield chunk;
      }
    } catch (error) {
      throw fileFailure(error, this.url);
    }
  }

  async put(key: string, body: Uint8Array, signal: AbortSignal): Promise<StoredObject> {
    for (let attempt = 1; ; attempt++) {
      const upload = await this.openUpload(key, signal);
      try {
        await upload.write(body);
        return await upload.commit();
      } catch (error) {
        // Another run took our temporary file for a dead one's and swept it away.
        const isSwept = error instanceof Failure && isErrno(error.cause, "ENOENT");
        if (!isSwept || attempt === PUT_ATTEMPTS) throw error;
      }
    }
  }

  async openUpload(key: string, signal: AbortSignal): Promise<Upload> {
    checkKey(key);
    signal.throwIfAborted();
    const file = await this.#translated(() => NewFile.create(this.#root, pathOf(this.#root, key)));
    /** A step that fails leaves no temporary file, least of all on a full disk. */
    const step = async <T>(work: () => Promise<T>): Promise<T> => {
      try {
        signal.throwIfAborted();
        return await work();
      } catch (error) {
        await file.discard().catch(() => undefined);
        throw error instanceof NameTaken ? keyExists(this.url, key) : fileFailure(error, this.url);
      }
    };
    return {
      write: (chunk) => step(() => file.write(chunk)),
      commit: () => step(() => file.publish()),
      abort: () => this.#translated(() => file.discard()),
    };
  }

  async remove(keys: readonly string[], signal: AbortSignal): Promise<void> {
    keys.forEach(checkKey);
    signal.throwIfAborted();
    const paths = keys.map((key) => pathOf(this.#root, key));
    await this.#translated(async () => {
      for (const path of paths) {
        await assertNoLinks(this.#root, dirname(path));
        await unlinkIfPresent(path);
      }
      for (const folder of new Set(paths.map(dirname))) {
        await syncFolder(folder);
        await removeEmptyFolders(this.#root, folder);
      }
    });
  }

  /** Leftovers carry no key: those of the prefix's folder and below are meant. Ages are by the files' own times. */
  async sweepUploads(prefix: string, olderThanMs: number, signal: AbortSignal): Promise<number> {
    checkPrefix(prefix, false);
    return this.#translated(async () => {
      let swept = 0;
      for await (const found of walk(this.#root, prefix)) {
        signal.throwIfAborted();
        if (found.type === "temporary" && (await this.#sweep(found.key, olderThanMs))) swept++;
      }
      return swept;
    });
  }

  async conditionalWrites(signal: AbortSignal): Promise<{ put: boolean; upload: boolean }> {
    signal.throwIfAborted();
    this.#links ??= this.#translated(() => hasLinks(this.#root));
    const links = await this.#links;
    return { put: links, upload: links };
  }

  close(): void {}

  /** The clock of a folder is this machine's: files get their times from it, but on a network share from its server. */
  async #page(batch: readonly Found[], shallowPrefix: string | undefined): Promise<ListPage> {
    const files = batch.filter((entry) => entry.type === "object");
    const infos = await Promise.all(files.map(({ key }) => describeFile(pathOf(this.#root, key), key)));
    const folders = shallowPrefix === undefined ? [] : batch.filter((entry) => entry.type === "folder");
    return {
      objects: infos.filter((info) => info !== undefined),
      folders: folders.map((folder) => folder.key.slice(shallowPrefix?.length)),
      serverTime: new Date(),
    };
  }

  async #openToRead(key: string): Promise<FileHandle> {
    const path = pathOf(this.#root, key);
    await assertNoLinks(this.#root, dirname(path));
    try {
      // A pipe would block the open for ever and a link lead elsewhere: only a plain file is opened, links refused.
      if (!(await lstat(path)).isFile()) throw new Failure("location-error", `${path} is not a plain file`);
      return await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    } catch (error) {
      throw isErrno(error, "ENOENT", "ENOTDIR") ? keyAbsent(this.url, key) : error;
    }
  }

  #rangeOf(key: string, stat: BigIntStats, options: GetOptions): { offset: number; end: number } {
    if (options.etag !== undefined && options.etag !== fileStamp(stat)) throw objectChanged(this.url, key);
    const size = Number(stat.size);
    const { offset, length } = options.range ?? { offset: 0, length: size };
    if (offset + length > size) throw objectTooShort(this.url, key);
    return { offset, end: offset + length };
  }

  async #sweep(key: string, olderThanMs: number): Promise<boolean> {
    const path = pathOf(this.#root, key);
    const modified = (await describeFile(path, key))?.lastModified.getTime();
    if (modified === undefined || Date.now() - modified < olderThanMs) return false;
    await unlinkIfPresent(path);
    await removeEmptyFolders(this.#root, dirname(path));
    return true;
  }

  async #translated<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw fileFailure(error, this.url);
    }
  }
}

function isLeftOut({ type, key }: Found, only: ListOptions["only"]): boolean {
  return type === "object" && only?.(key) === false;
}

async function readChunk(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

export interface OpenedStore {
  readonly store: ObjectStore;
  /** Sentences for the user. */
  readonly warnings: readonly string[];
  /** Of a folder that does not exist yet: the one in which the first write makes it, or the Failure that it will meet. */
  readonly whereToMake?: () => Promise<string>;
}

async function findWhereToMake(url: string, root: string): Promise<string> {
  try {
    const folder = await nearestFolder(root);
    await access(folder, constants.W_OK | constants.X_OK);
    return folder;
  } catch (error) {
    throw fileFailure(error, url);
  }
}

/** A folder that does not exist yet is an empty store: the first write makes it. */
export async function openDirectoryStore(url: string, root: string): Promise<OpenedStore> {
  const store = new DirectoryStore(url, root);
  try {
    const found = await stat(root);
    if (!found.isDirectory()) throw new Failure("location-missing", `${root} is not a folder`);
    // Windows tells no such rights: its folders inherit the user profile's.
    const isWide = process.platform !== "win32" && (found.mode & 0o077) !== 0;
    return { store, warnings: isWide ? [`other users can enter ${root}: chmod -R go= ${root}`] : [] };
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw fileFailure(error, url);
    return { store, warnings: [], whereToMake: () => findWhereToMake(url, root) };
  }
}
