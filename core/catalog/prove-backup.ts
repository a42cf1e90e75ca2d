import { ByteBudget } from "#core/flow/byte-budget.ts";
import { COMMIT_FILE, MANIFEST_FILE } from "#core/format/layout.ts";
import { Failure } from "#core/model/errors.ts";
import type { ObjectReader } from "#core/storage/object-store.ts";
import { findCommit } from "./find-backup.ts";
import { LARGEST_PROOF_BYTES, proofBytes, whyNotRead } from "./proof-limit.ts";
import { damaged, provenManifest } from "./proven-manifest.ts";
import type { BackupProof, StoredFolder } from "./stored-folder.ts";

/** Of the whole process, which has one memory for all locations: large ones are read one after the other. */
const underWay = new ByteBudget(LARGEST_PROOF_BYTES);

/**
 * Reads the commit object and the manifest that it vouches for. Should either change while it is read, the states noted
 * here are no longer those that lie there, and the next look finds the backup damaged: never the other way round.
 *
 * Failure backup-damaged; backup-unsupported where no digest leads from the commit object to anything (Velero's), or where
 * the manifest is too large to be read.
 */
export async function proveBackup(
  store: ObjectReader,
  folder: StoredFolder,
  signal: AbortSignal,
): Promise<BackupProof> {
  const tooLarge = whyNotRead(folder);
  if (tooLarge !== undefined) throw new Failure("backup-unsupported", tooLarge);
  const release = await underWay.acquire(proofBytes(folder), signal);
  try {
    return await readProof(store, folder, signal);
  } finally {
    release();
  }
}

async function readProof(
  store: ObjectReader,
  { name, files }: StoredFolder,
  signal: AbortSignal,
): Promise<BackupProof> {
  const [commitEtag, manifestEtag] = [files.get(COMMIT_FILE)?.etag, files.get(MANIFEST_FILE)?.etag];
  const commit = await findCommit(store, name, signal);
  if (commit.manifestSha256 === undefined) {
    throw new Failure(
      "backup-unsupported",
      `backup "${name}" was not made by kubectl-backup: it proves nothing`,
    );
  }
  if (commitEtag === undefined || manifestEtag === undefined)
    throw damaged(name, `${MANIFEST_FILE} is missing`);
  // What grew since it was listed is another by now.
  const maxBytes = files.get(MANIFEST_FILE)?.sizeBytes ?? 0;
  const manifest = await provenManifest(store, commit, { signal, maxBytes, refuseHeap: true });
  return { manifest, commitEtag, manifestEtag };
}
