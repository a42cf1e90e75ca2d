import { COMMIT_FILE, MANIFEST_FILE } from "#core/format/layout.ts";
import { Failure } from "#core/model/errors.ts";
import type { ObjectReader } from "#core/storage/object-store.ts";
import { findCommit } from "./find-backup.ts";
import { damaged, provenManifest } from "./proven-manifest.ts";
import type { BackupProof, StoredFolder } from "./stored-folder.ts";

/**
 * Reads the commit object and the manifest that it vouches for. Should either change while it is read, the states noted
 * here are no longer those that lie there, and the next look finds the backup damaged: never the other way round.
 *
 * Failure backup-damaged; backup-unsupported where no digest leads from the commit object to anything (Velero's).
 */
export async function proveBackup(
  store: ObjectReader,
  folder: StoredFolder,
  signal: AbortSignal,
): Promise<BackupProof> {
  const { name, files } = folder;
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
  return { manifest: await provenManifest(store, commit, signal), commitEtag, manifestEtag };
}
