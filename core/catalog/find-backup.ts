import { type CommitSummary, MAX_COMMIT_BYTES, readCommit } from "#core/format/commit-summary.ts";
import { backupKey, COMMIT_FILE, isFolderName, MANIFEST_FILE } from "#core/format/layout.ts";
import { Failure, isFailure } from "#core/model/errors.ts";
import type { ObjectReader } from "#core/storage/object-store.ts";
import { lostLinkMessage } from "./backup-summary.ts";
import { readWhole } from "./read-whole.ts";

/** One backup's commit object. Failure backup-not-found or backup-damaged. */
export async function findCommit(
  store: ObjectReader,
  name: string,
  signal: AbortSignal,
): Promise<CommitSummary> {
  if (!isFolderName(name)) throw notFound(store, name);
  const commit = readCommit(await readCommitBytes(store, name, signal), name);
  if (commit.manifestSha256 !== undefined) return commit;
  const manifest = await store.head(backupKey(name, MANIFEST_FILE), signal);
  if (manifest !== undefined) throw new Failure("backup-damaged", lostLinkMessage(name));
  return commit;
}

async function readCommitBytes(store: ObjectReader, name: string, signal: AbortSignal): Promise<Uint8Array> {
  try {
    const key = backupKey(name, COMMIT_FILE);
    return await readWhole(store, { key }, { maxBytes: MAX_COMMIT_BYTES, signal });
  } catch (error) {
    throw isFailure(error, "key-absent") ? notFound(store, name) : error;
  }
}

function notFound(store: ObjectReader, name: string): Failure {
  return new Failure("backup-not-found", `there is no backup "${name}" in ${store.url}`);
}
