/**
 * Keys and bytes. The interface every store keeps, and its written contract (test/contracts/object-store.ts holds
 * every implementation to it). A store knows nothing of backups.
 *
 * Contract:
 * - Keys are relative paths with `/`, of [A-Za-z0-9._-] segments; they are made by core/format/layout.ts only.
 * - A write makes the whole object appear at once or not at all, and never replaces one: an existing key is
 *   Failure("key-exists") as far as the store can tell (see `conditionalPut`); never silently the new bytes.
 * - A lost reply is not a failure: after 409/412 on our own write the object is read back, and the same size and
 *   digest is success.
 * - After a write the store's size (and checksum where it tells one) is compared with what was sent.
 * - Reads deliver exactly the bytes asked for or fail: a body that ends early is retried from where it broke, with the
 *   same ETag demanded, then Failure.
 * - An absent key is Failure("key-absent") in get, undefined in head, nothing in list and remove.
 * - 500, 503, slow-down, timeouts and resets are retried with back-off (core/flow) before they surface as
 *   location-unreachable or location-error; rights as location-forbidden; a full store as location-full.
 */
export interface ObjectInfo {
  readonly key: string;
  readonly sizeBytes: number;
  /** Changes whenever the bytes change; opaque. */
  readonly etag: string;
  /** By the store's clock. */
  readonly lastModified: Date;
}

export interface ListPage {
  readonly objects: readonly ObjectInfo[];
  /** First path segments below the prefix when listed with `shallow`, each ending in `/`. */
  readonly folders: readonly string[];
  /** The store's clock when it answered (Date header; directory: mtime of a fresh probe or now). */
  readonly serverTime: Date;
}

export interface ListOptions {
  /** Only one level: objects directly below the prefix, and folder names. */
  readonly shallow?: boolean;
  /** Leaves out other objects before anything is asked about them. Folders are not its business. */
  readonly only?: (key: string) => boolean;
  readonly signal: AbortSignal;
}

export interface GetOptions {
  /** Bytes [offset, offset + length). */
  readonly range?: { readonly offset: number; readonly length: number } | undefined;
  /** Fail with location-error (object changed) unless the ETag is this. */
  readonly etag?: string | undefined;
  readonly signal: AbortSignal;
}

export interface ObjectReader {
  /** The location's URL, for messages. */
  readonly url: string;
  /** Keys in ascending byte order, in pages. */
  list(prefix: string, options: ListOptions): AsyncIterable<ListPage>;
  head(key: string, signal: AbortSignal): Promise<ObjectInfo | undefined>;
  get(key: string, options: GetOptions): AsyncIterable<Uint8Array>;
}

export interface StoredObject {
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly etag: string;
  readonly versionId?: string | undefined;
}

/** A streamed write. Exactly one of commit and abort ends it; abort after a failed commit is allowed and harmless. */
export interface Upload {
  /** Waits while too much is under way; the chunk may be reused by the caller once it resolves. */
  write(chunk: Uint8Array): Promise<void>;
  commit(): Promise<StoredObject>;
  /** Leaves neither object nor parts, nor a request under way that could bring them back. */
  abort(): Promise<void>;
}

export interface ObjectWriter {
  put(key: string, body: Uint8Array, signal: AbortSignal): Promise<StoredObject>;
  openUpload(key: string, signal: AbortSignal): Promise<Upload>;
  /** Absent keys are fine. */
  remove(keys: readonly string[], signal: AbortSignal): Promise<void>;
  /** Ends uploads below the prefix that somebody left open and that are older than the age; returns how many. */
  sweepUploads(prefix: string, olderThanMs: number, signal: AbortSignal): Promise<number>;
  /** Whether If-None-Match is honoured on plain puts and on the completion of uploads (probed once per store). */
  conditionalWrites(signal: AbortSignal): Promise<{ readonly put: boolean; readonly upload: boolean }>;
}

export interface ObjectStore extends ObjectReader, ObjectWriter {
  close(): void;
}
