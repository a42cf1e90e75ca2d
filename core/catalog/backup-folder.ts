import { backupKey, COMMIT_FILE } from "#core/format/layout.ts";
import type { FileRecord } from "#core/model/backup.ts";
import { isFailure } from "#core/model/errors.ts";
import type { ObjectStore, StoredObject, Upload } from "#core/storage/object-store.ts";
import type { NameClaim } from "./claim.ts";
import type { FolderView } from "./folder-view.ts";

/** What an interrupted run's tidying up may take. */
const CLEANUP_MS = 60_000;

/**
 * The folder of a backup while one run writes it: knows every file it began, so that it can compare the folder with
 * them and take all of them away again. Writes nothing unless the claim is fresh.
 */
export class BackupFolder {
  readonly #store: ObjectStore;
  readonly #claim: NameClaim;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #begun = new Set<string>();
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #uploads = new Set<Upload>();
  readonly #stored = new Map<string, StoredObject>();

  constructor(store: ObjectStore, claim: NameClaim, signal: AbortSignal) {
    this.#store = store;
    this.#claim = claim;
    this.#signal = AbortSignal.any([signal, this.#stop.signal]);
  }

  /** Fires when the run is interrupted or its folder is being removed. */
  get signal(): AbortSignal {
    return this.#signal;
  }

  put(file: string, body: Uint8Array): Promise<StoredObject> {
    return this.#write(file, (key) => this.#store.put(key, body, this.#signal));
  }

  /** Once begun, an interrupt does not stop it: a commit is whole or was never begun. */
  putCommit(body: Uint8Array): Promise<StoredObject> {
    this.#signal.throwIfAborted();
    return this.#write(COMMIT_FILE, (key) => this.#store.put(key, body, this.#stop.signal));
  }

  /** A file that grows while its content comes in. */
  async openUpload(file: string): Promise<Upload> {
    this.#claim.assertFresh();
    const upload = await this.#track(this.#store.openUpload(backupKey(this.#claim.name, file), this.#signal));
    this.#uploads.add(upload);
    return {
      write: (chunk) => {
        this.#claim.assertFresh();
        return this.#track(upload.write(chunk));
      },
      commit: async () => {
        const stored = await this.#write(file, () => upload.commit());
        this.#uploads.delete(upload);
        return stored;
      },
      abort: () => upload.abort(),
    };
  }

  /** As the manifest lists them. */
  files(): Record<string, FileRecord> {
    return Object.fromEntries(this.#stored);
  }

  /** What the folder holds that was not written so, or lacks: undefined when it is as written. */
  difference(view: FolderView): string | undefined {
    const found = new Map([view.commit ?? [], view.files].flat().map((object) => [object.key, object]));
    for (const [file, stored] of this.#stored) {
      const object = found.get(backupKey(this.#claim.name, file));
      if (object === undefined) return `${file} is missing`;
      if (object.sizeBytes !== stored.sizeBytes || object.etag !== stored.etag) return `${file} was replaced`;
      found.delete(object.key);
    }
    const stranger = found.keys().next().value;
    return stranger === undefined ? undefined : `${stranger} was written by somebody else`;
  }

  async takeBackCommit(): Promise<void> {
    await this.#store.remove([backupKey(this.#claim.name, COMMIT_FILE)], AbortSignal.timeout(CLEANUP_MS));
  }

  /**
   * Ends what is under way and removes what was written, the commit first. A run whose claim is no longer fresh removes
   * nothing: the keys may be another run's by now.
   */
  async remove(): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled(this.#underWay);
    await Promise.allSettled([...this.#uploads].map((upload) => upload.abort()));
    this.#claim.assertFresh();
    if (this.#begun.has(COMMIT_FILE)) await this.takeBackCommit();
    const keys = [...this.#begun].map((file) => backupKey(this.#claim.name, file));
    if (keys.length > 0) await this.#store.remove(keys, AbortSignal.timeout(CLEANUP_MS));
    this.#begun.clear();
  }

  async #write(file: string, store: (key: string) => Promise<StoredObject>): Promise<StoredObject> {
    this.#claim.assertFresh();
    this.#begun.add(file);
    try {
      const stored = await this.#track(store(backupKey(this.#claim.name, file)));
      this.#stored.set(file, stored);
      return stored;
    } catch (error) {
      // Whoever wrote it, it was not this run.
      if (isFailure(error, "key-exists")) this.#begun.delete(file);
      throw error;
    }
  }

  /** Removal waits for it: a reply that comes late must not bring an object back. */
  async #track<T>(work: Promise<T>): Promise<T> {
    this.#underWay.add(work);
    try {
      return await work;
    } finally {
      this.#underWay.delete(work);
    }
  }
}
