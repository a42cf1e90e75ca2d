import { forEachLimited } from "#core/flow/for-each-limited.ts";
import type { CommitSummary } from "#core/format/commit-summary.ts";
import {
  BACKUPS_PREFIX,
  backupFileOf,
  backupKey,
  COMMIT_FILE,
  committedBackup,
  MANIFEST_FILE,
} from "#core/format/layout.ts";
import { Failure, isFailure } from "#core/model/errors.ts";
import type { RunContext } from "#core/model/run-context.ts";
import type { ObjectInfo, ObjectReader } from "#core/storage/object-store.ts";
import { damagedSummary, lostLinkMessage, newestFirst, toBackupSummary } from "./backup-summary.ts";
import type { BackupSummary } from "./catalog.ts";
import { type CachedCommit, cachedCommit, loadCommitCache, saveCommitCache } from "./commit-cache.ts";
import { readWhole } from "./read-whole.ts";

const READS_AT_ONCE = 16;

export interface ListEnvironment {
  readonly store: ObjectReader;
  readonly cacheFolder: string;
}

/** One plain listing, and one read for each commit object that is not in the cache as it is now. */
export async function listBackups(
  { store, cacheFolder }: ListEnvironment,
  context: RunContext,
): Promise<readonly BackupSummary[]> {
  const commits = await listCommits(store, context.signal);
  const cache = await loadCommitCache(cacheFolder, store.url);
  const known = new Map<string, CachedCommit>();
  const summaries: BackupSummary[] = [];
  const limits = { concurrency: READS_AT_ONCE, signal: context.signal };
  let reads = 0;
  await forEachLimited(commits, limits, async (found, signal) => {
    const { key, etag } = found.object;
    const cached = cachedCommit(cache, found.object);
    if (cached === undefined) reads += 1;
    const commit = cached ?? (await readListedCommit(store, found, signal));
    if (commit === undefined) return;
    if (!(commit instanceof Failure)) known.set(key, { etag, commit });
    summaries.push(summaryOf(found, commit));
  });
  if (reads > 0 || known.size !== cache.size) await saveCommitCache(cacheFolder, store.url, known);
  return summaries.sort(newestFirst);
}

function isCommitOrManifest(key: string): boolean {
  const file = backupFileOf(key)?.file;
  return file === COMMIT_FILE || file === MANIFEST_FILE;
}

interface FoundCommit {
  readonly name: string;
  readonly object: ObjectInfo;
  /** Our manifest lies beside it. */
  readonly isOurs: boolean;
}

async function listCommits(store: ObjectReader, signal: AbortSignal): Promise<FoundCommit[]> {
  const found: FoundCommit[] = [];
  const keys = new Set<string>();
  for await (const page of store.list(BACKUPS_PREFIX, { only: isCommitOrManifest, signal })) {
    for (const object of page.objects) {
      const name = committedBackup(object.key);
      // In the order of keys the manifest comes before the commit object.
      keys.add(object.key);
      if (name !== undefined) found.push({ name, object, isOurs: keys.has(backupKey(name, MANIFEST_FILE)) });
    }
  }
  return found;
}

function summaryOf({ name, object, isOurs }: FoundCommit, commit: CommitSummary | Failure): BackupSummary {
  const damaged = (trouble: string) =>
    damagedSummary({ name, isOurs, storedAt: object.lastModified, trouble });
  if (commit instanceof Failure) return damaged(commit.message);
  const lostLink = isOurs && commit.manifestSha256 === undefined;
  return lostLink ? damaged(lostLinkMessage(name)) : toBackupSummary(commit);
}

/** What is wrong with the object is its summary's trouble; undefined when it was removed since the listing. */
async function readListedCommit(
  store: ObjectReader,
  { name, object }: FoundCommit,
  signal: AbortSignal,
): Promise<CommitSummary | Failure | undefined> {
  const { MAX_COMMIT_BYTES, readCommit } = await import("#core/format/commit-summary.ts");
  try {
    return readCommit(await readWhole(store, object, { maxBytes: MAX_COMMIT_BYTES, signal }), name);
  } catch (error) {
    if (isFailure(error, "backup-damaged") || isFailure(error, "location-error")) return error;
    if (isFailure(error, "key-absent")) return undefined;
    throw error;
  }
}
