import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CommitSummary, commitSummary } from "#core/format/commit-summary.ts";
import type { ObjectInfo } from "#core/storage/object-store.ts";

/** Raised whenever CommitSummary changes its meaning: older files are then read afresh. */
const CACHE_VERSION = 1;

export type CommitCache = ReadonlyMap<string, CachedCommit>;

export interface CachedCommit {
  readonly etag: string;
  readonly commit: CommitSummary;
}

/**
 * What commit objects of a location said, by key and ETag. Only a saving of requests: whatever is wrong with the file
 * makes it empty, and it is never needed. It may be deleted at any time.
 */
export async function loadCommitCache(folder: string, url: string): Promise<CommitCache> {
  try {
    const file: unknown = JSON.parse(await readFile(cachePath(folder, url), "utf8"));
    return new Map(entriesOf(file, url));
  } catch {
    return new Map();
  }
}

export function cachedCommit(cache: CommitCache, object: ObjectInfo): CommitSummary | undefined {
  const cached = cache.get(object.key);
  return cached?.etag === object.etag ? cached.commit : undefined;
}

/** Replaced whole under a name of its own first, so that two runs at once leave one of both versions. */
export async function saveCommitCache(folder: string, url: string, cache: CommitCache): Promise<void> {
  const path = cachePath(folder, url);
  const temporary = `${path}.${crypto.randomUUID()}`;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const document = { version: CACHE_VERSION, url, commits: Object.fromEntries(cache) };
    await writeFile(temporary, JSON.stringify(document), { mode: 0o600, flag: "wx" });
    await rename(temporary, path);
  } catch {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

function cachePath(folder: string, url: string): string {
  return join(folder, `commits-${createHash("sha256").update(url).digest("hex").slice(0, 32)}.json`);
}

function* entriesOf(file: unknown, url: string): Generator<[string, CachedCommit]> {
  if (typeof file !== "object" || file === null) return;
  const { version, url: ofUrl, commits } = { version: 0, url: "", commits: {}, ...file };
  if (version !== CACHE_VERSION || ofUrl !== url) return;
  for (const [key, entry] of Object.entries(commits)) {
    const { etag, commit } = { etag: undefined, commit: undefined, ...Object(entry) };
    const parsed = commitSummary.safeParse(commit);
    if (typeof etag === "string" && parsed.success) yield [key, { etag, commit: parsed.data }];
  }
}
