import { createHash } from "node:crypto";
import { openIndex } from "#core/format/archive-index.ts";
import type { ArchiveSource } from "#core/format/archive-reader.ts";
import type { CommitSummary } from "#core/format/commit-summary.ts";
import { backupKey, INDEX_FILE, veleroFiles } from "#core/format/layout.ts";
import type { FileRecord, Manifest } from "#core/model/backup.ts";
import type { ObjectInfo, ObjectReader } from "#core/storage/object-store.ts";
import { toBackupSummary } from "./backup-summary.ts";
import type { OpenBackup } from "./catalog.ts";
import { damaged, present, provenManifest } from "./proven-manifest.ts";
import type { Spool } from "./spool.ts";
import { StoredBackup } from "./stored-backup.ts";

export interface OpenParts {
  readonly store: ObjectReader;
  readonly commit: CommitSummary;
  /** Takes the local copy; closed by the caller's `close` or when opening fails. */
  readonly spool: Spool;
  readonly close: () => Promise<void>;
  readonly signal: AbortSignal;
}

/** Follows the chain of proof: commit → manifest → index; the items' digests are checked when they are read. */
export async function openOwnBackup(parts: OpenParts): Promise<OpenBackup> {
  const { store, commit, spool, signal } = parts;
  const manifest = await provenManifest(store, commit, { signal });
  const archive = await provenArchive(parts, recordOf(manifest, veleroFiles(commit.name).archive));
  await copyProven(parts, recordOf(manifest, INDEX_FILE));
  const index = await openIndex(spool, { archiveBytes: archive.sizeBytes, signal });
  const listed = index.kinds.reduce((sum, kind) => sum + kind.count, 0);
  if (listed !== manifest.itemCount) {
    throw damaged(commit.name, `its index lists ${listed} items, its manifest ${manifest.itemCount}`);
  }
  const summary = toBackupSummary(commit);
  const { close } = parts;
  return new StoredBackup({
    summary,
    manifest,
    manifestSha256: commit.manifestSha256,
    notices: [],
    index,
    archive: sourceOf(store, archive),
    signal,
    close,
  });
}

function sourceOf(store: ObjectReader, { key, etag, sizeBytes }: ObjectInfo): ArchiveSource {
  return {
    sizeBytes,
    read: (offset, length, signal) => store.get(key, { range: { offset, length }, etag, signal }),
  };
}

/** Only its size: what is in it the index's digests prove. */
async function provenArchive({ store, commit, signal }: OpenParts, record: FileRecord): Promise<ObjectInfo> {
  const { archive } = veleroFiles(commit.name);
  const found = await store.head(backupKey(commit.name, archive), signal);
  if (found === undefined) throw damaged(commit.name, `${archive} is missing`);
  if (found.sizeBytes === record.sizeBytes) return found;
  throw damaged(commit.name, `${archive} has ${found.sizeBytes} bytes instead of ${record.sizeBytes}`);
}

async function copyProven({ store, commit, spool, signal }: OpenParts, record: FileRecord): Promise<void> {
  const hash = createHash("sha256");
  await present(commit.name, INDEX_FILE, async () => {
    for await (const chunk of store.get(backupKey(commit.name, INDEX_FILE), { signal })) {
      hash.update(chunk);
      await spool.write(chunk);
      if (spool.sizeBytes > record.sizeBytes) break;
    }
  });
  if (spool.sizeBytes === record.sizeBytes && hash.digest("hex") === record.sha256) return;
  throw damaged(commit.name, `${INDEX_FILE} is not what was written`);
}

function recordOf(manifest: Manifest, file: string): FileRecord {
  const record = manifest.files[file];
  if (record === undefined) throw damaged(manifest.name, `its manifest does not list ${file}`);
  return record;
}
