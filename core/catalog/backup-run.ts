import type { ArchiveWriter, FinishedArchive } from "#core/format/archive-writer.ts";
import { INDEX_FILE, MANIFEST_FILE, veleroFiles } from "#core/format/layout.ts";
import { encodeManifest } from "#core/format/manifest.ts";
import {
  encodeResourceList,
  encodeResults,
  encodeVolumeInfo,
  type LogLevel,
} from "#core/format/side-files.ts";
import { encodeVeleroBackup } from "#core/format/velero-metadata.ts";
import { type BackupFacts, MANIFEST_SCHEMA, type Manifest } from "#core/model/backup.ts";
import { describeError, Failure } from "#core/model/errors.ts";
import type { ItemHeader, ItemKind } from "#core/model/item.ts";
import type { OnProgress } from "#core/model/progress.ts";
import type { RunContext } from "#core/model/run-context.ts";
import type { ObjectStore, StoredObject, Upload } from "#core/storage/object-store.ts";
import type { BackupFolder } from "./backup-folder.ts";
import type { BackupWriter, CommittedBackup } from "./catalog.ts";
import type { NameClaim } from "./claim.ts";
import { viewFolder } from "./folder-view.ts";
import type { LogBook } from "./log-book.ts";
import type { ClaimSweep } from "./stray-claims.ts";
import { veleroSelectors } from "./velero-selectors.ts";

/** An interrupt does not stop the look after the commit, so it has an end of its own. */
const LAST_LOOK_MS = 60_000;

export interface RunParts {
  readonly store: ObjectStore;
  readonly sweep: ClaimSweep;
  readonly claim: NameClaim;
  readonly folder: BackupFolder;
  readonly upload: Upload;
  readonly archive: ArchiveWriter;
  readonly log: LogBook;
  readonly onProgress: OnProgress;
}

/** A backup under way. The order of its writes is the format's promise: the commit object is the last. */
export class BackupRun implements BackupWriter {
  readonly #parts: RunParts;
  #isCommitted = false;

  constructor(parts: RunParts) {
    this.#parts = parts;
  }

  get runId(): string {
    return this.#parts.claim.runId;
  }

  get itemCount(): number {
    return this.#parts.archive.itemCount;
  }

  get itemBytes(): number {
    return this.#parts.archive.itemBytes;
  }

  add(kind: ItemKind, header: ItemHeader, bytes: Uint8Array): Promise<void> | undefined {
    return this.#parts.archive.add(kind, header, bytes);
  }

  log(level: LogLevel, message: string): void {
    this.#parts.log.add(level, message);
  }

  async commit(facts: BackupFacts, context: RunContext): Promise<CommittedBackup> {
    const { archive, upload, claim, folder, store } = this.#parts;
    const finished = await archive.finish();
    for (const title of finished.renamed) this.log("info", `${title} is stored under another file name`);
    // Nothing points at any of them before the manifest does.
    await Promise.all([upload.commit(), this.#writeSideFiles(finished, facts)]);
    const manifest = this.#manifestOf(finished, facts);
    const stored = await folder.put(MANIFEST_FILE, encodeManifest(manifest));
    await this.#compare(folder.signal);
    context.signal.throwIfAborted();
    await this.#commit(manifest, stored);
    await this.#end();
    return { name: claim.name, url: store.url, archiveBytes: finished.archiveBytes, manifest };
  }

  async abort(): Promise<void> {
    if (this.#isCommitted) return;
    const { archive, claim, folder } = this.#parts;
    await archive.discard();
    try {
      await folder.remove();
    } catch (error) {
      const message = `what was written for "${claim.name}" could not be removed: ${describeError(error)}; the next run of that name, or kubectl backup delete, removes it`;
      this.#parts.onProgress({ type: "warned", message });
    }
    await this.#end();
  }

  async #writeSideFiles(finished: FinishedArchive, facts: BackupFacts): Promise<void> {
    const { folder, log, claim } = this.#parts;
    const files = veleroFiles(claim.name);
    await Promise.all([
      this.#writeIndex(finished),
      this.#writeResourceList(files.resourceList, finished),
      folder.put(files.results, encodeResults(facts)),
      folder.put(files.volumeInfo, encodeVolumeInfo(facts)),
      folder.put(files.logs, log.bytes()),
    ]);
  }

  async #writeIndex(finished: FinishedArchive): Promise<void> {
    const upload = await this.#parts.folder.openUpload(INDEX_FILE);
    await finished.writeIndex(upload);
    await upload.commit();
  }

  async #writeResourceList(file: string, finished: FinishedArchive): Promise<void> {
    const upload = await this.#parts.folder.openUpload(file);
    for await (const chunk of encodeResourceList(finished.kinds, (kind) => finished.keys(kind)))
      await upload.write(chunk);
    await upload.commit();
  }

  #manifestOf(finished: FinishedArchive, facts: BackupFacts): Manifest {
    return {
      ...facts,
      // An item given twice is stored once: the archive's own count is the one that can be proved.
      itemCount: finished.itemCount,
      schemaVersion: `${MANIFEST_SCHEMA.major}.${MANIFEST_SCHEMA.minor}`,
      runId: this.runId,
      files: this.#parts.folder.files(),
    };
  }

  /** Before the commit: the folder is what the manifest says, and nobody took the name over. */
  async #compare(signal: AbortSignal): Promise<void> {
    const { store, claim, folder } = this.#parts;
    const view = await viewFolder(store, claim.folder, signal);
    if (!view.claims.some(({ runId }) => runId === claim.runId)) {
      throw new Failure("name-taken", `the claim on "${claim.name}" was removed by somebody else`);
    }
    const difference = folder.difference(view);
    if (difference !== undefined) throw notAsWritten(claim.name, difference);
  }

  async #commit(manifest: Manifest, stored: StoredObject): Promise<void> {
    const { claim, folder } = this.#parts;
    const selectors = veleroSelectors(manifest.request.selection);
    await folder.putCommit(encodeVeleroBackup(manifest, { ...selectors, manifestSha256: stored.sha256 }));
    const difference = await this.#differenceAfterCommit();
    if (difference !== undefined) {
      await folder.takeBackCommit();
      throw notAsWritten(claim.name, difference);
    }
    this.#isCommitted = true;
  }

  /** The backup is whole and stored by now: that it could not be looked at once more is a warning. */
  async #differenceAfterCommit(): Promise<string | undefined> {
    const { store, claim, folder, onProgress } = this.#parts;
    try {
      return folder.difference(await viewFolder(store, claim.folder, AbortSignal.timeout(LAST_LOOK_MS)));
    } catch (error) {
      const message = `"${claim.name}" could not be compared once more after it was stored: ${describeError(error)}`;
      onProgress({ type: "warned", message });
      return undefined;
    }
  }

  async #end(): Promise<void> {
    const { archive, claim, sweep } = this.#parts;
    await archive.discard();
    await claim.release();
    await sweep.end();
  }
}

function notAsWritten(name: string, difference: string): Failure {
  return new Failure("location-error", `the folder of "${name}" is not as it was written: ${difference}`);
}
