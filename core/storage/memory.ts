import { createHash } from "node:crypto";
import { checkKey, checkPrefix } from "./keys.ts";
import type {
  GetOptions,
  ListOptions,
  ListPage,
  ObjectInfo,
  ObjectStore,
  StoredObject,
  Upload,
} from "./object-store.ts";
import { keyAbsent, keyExists, objectChanged, objectTooShort } from "./read-failures.ts";

export interface MemoryStoreOptions {
  readonly url?: string;
  /** The store's clock. */
  readonly now?: () => Date;
  /** False: behaves as a store that ignores If-None-Match and silently replaces what is there. */
  readonly conditionalPut?: boolean;
  readonly conditionalUpload?: boolean;
  readonly pageSize?: number;
}

interface Entry {
  readonly info: ObjectInfo;
  readonly bytes: Buffer;
}

interface OpenUpload {
  readonly key: string;
  readonly startedAt: number;
}

/** A whole store in this process: what tests and the contract stand on. It keeps every promise of a real one. */
class MemoryStore implements ObjectStore {
  readonly url: string;
  readonly #options: Required<MemoryStoreOptions>;
  readonly #entries = new Map<string, Entry>();
  readonly #uploads = new Set<OpenUpload>();
  #writes = 0;

  constructor(options: Required<MemoryStoreOptions>) {
    this.url = options.url;
    this.#options = options;
  }

  async *list(prefix: string, options: ListOptions): AsyncGenerator<ListPage> {
    const shallow = options.shallow === true;
    checkPrefix(prefix, shallow);
    const keys = [...this.#entries.keys()].filter((key) => key.startsWith(prefix)).sort();
    const { pageSize, now } = this.#options;
    // An empty store answers too: one page, for its clock.
    for (let start = 0; start === 0 || start < keys.length; start += pageSize) {
      options.signal.throwIfAborted();
      const slice = keys.slice(start, start + pageSize);
      const direct = slice.filter((key) => !(shallow && key.slice(prefix.length).includes("/")));
      const wanted = direct.filter(options.only ?? (() => true));
      const objects = wanted.flatMap((key) => this.#entries.get(key)?.info ?? []);
      yield { objects, folders: shallow ? foldersOf(slice, prefix, keys[start - 1]) : [], serverTime: now() };
    }
  }

  async head(key: string, signal: AbortSignal): Promise<ObjectInfo | undefined> {
    checkKey(key);
    signal.throwIfAborted();
    return this.#entries.get(key)?.info;
  }

  async *get(key: string, options: GetOptions): AsyncGenerator<Uint8Array> {
    checkKey(key);
    options.signal.throwIfAborted();
    const entry = this.#entries.get(key);
    if (entry === undefined) throw keyAbsent(this.url, key);
    if (options.etag !== undefined && options.etag !== entry.info.etag) throw objectChanged(this.url, key);
    const { offset, length } = options.range ?? { offset: 0, length: entry.bytes.length };
    if (offset + length > entry.bytes.length) throw objectTooShort(this.url, key);
    for (let at = offset; at < offset + length; at += CHUNK_BYTES) {
      options.signal.throwIfAborted();
      yield Buffer.from(entry.bytes.subarray(at, Math.min(at + CHUNK_BYTES, offset + length)));
    }
  }

  async put(key: string, body: Uint8Array, signal: AbortSignal): Promise<StoredObject> {
    checkKey(key);
    signal.throwIfAborted();
    return this.#store(key, Buffer.from(body), this.#options.conditionalPut);
  }

  async openUpload(key: string, signal: AbortSignal): Promise<Upload> {
    checkKey(key);
    signal.throwIfAborted();
    const chunks: Buffer[] = [];
    const upload: OpenUpload = { key, startedAt: this.#options.now().getTime() };
    this.#uploads.add(upload);
    return {
      write: async (chunk) => {
        signal.throwIfAborted();
        chunks.push(Buffer.from(chunk));
      },
      commit: async () => {
        signal.throwIfAborted();
        if (!this.#uploads.has(upload)) throw keyAbsent(this.url, key);
        const stored = this.#store(key, Buffer.concat(chunks), this.#options.conditionalUpload);
        this.#uploads.delete(upload);
        return stored;
      },
      abort: async () => {
        this.#uploads.delete(upload);
      },
    };
  }

  async remove(keys: readonly string[], signal: AbortSignal): Promise<void> {
    keys.forEach(checkKey);
    signal.throwIfAborted();
    for (const key of keys) this.#entries.delete(key);
  }

  async sweepUploads(prefix: string, olderThanMs: number, signal: AbortSignal): Promise<number> {
    checkPrefix(prefix, false);
    signal.throwIfAborted();
    const limit = this.#options.now().getTime() - olderThanMs;
    const old = [...this.#uploads].filter(
      (upload) => upload.key.startsWith(prefix) && upload.startedAt <= limit,
    );
    for (const upload of old) this.#uploads.delete(upload);
    return old.length;
  }

  async conditionalWrites(signal: AbortSignal): Promise<{ put: boolean; upload: boolean }> {
    signal.throwIfAborted();
    return { put: this.#options.conditionalPut, upload: this.#options.conditionalUpload };
  }

  close(): void {}

  #store(key: string, bytes: Buffer, onlyNew: boolean): StoredObject {
    if (onlyNew && this.#entries.has(key)) throw keyExists(this.url, key);
    const etag = `"${++this.#writes}-${bytes.length}"`;
    const info = { key, sizeBytes: bytes.length, etag, lastModified: this.#options.now() };
    this.#entries.set(key, { info, bytes });
    return { sizeBytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex"), etag };
  }
}

const CHUNK_BYTES = 64 * 1024;

/** The folders whose first key lies on this page: each is told once, though its keys may fill many pages. */
function foldersOf(keys: readonly string[], prefix: string, before: string | undefined): string[] {
  const folderOf = (key: string) => key.slice(prefix.length).match(/^[^/]*\//)?.[0];
  const told = before === undefined ? undefined : folderOf(before);
  return [...new Set(keys.flatMap((key) => folderOf(key) ?? []))].filter((folder) => folder !== told);
}

export function createMemoryStore(options: MemoryStoreOptions = {}): ObjectStore {
  return new MemoryStore({
    url: "memory://store",
    now: () => new Date(),
    conditionalPut: true,
    conditionalUpload: true,
    pageSize: 1000,
    ...options,
  });
}
