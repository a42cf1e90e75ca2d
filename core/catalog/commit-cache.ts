import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CommitSummary } from "#core/format/commit-summary.ts";
import type { ObjectInfo } from "#core/storage/object-store.ts";

/** Raised whenever CommitSummary changes its meaning: older files are then read afresh. */
const CACHE_VERSION = 1;

/** File systems take names of 255 bytes; a temporary one has a UUID behind it. */
const NAME_CHARACTERS = 180;

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

/** Two locations with one file name, which only long or odd URLs can have, take it from each other. */
function cachePath(folder: string, url: string): string {
  return join(folder, `commits-${url.replaceAll(/[^A-Za-z0-9.-]+/g, "_").slice(-NAME_CHARACTERS)}.json`);
}

function* entriesOf(file: unknown, url: string): Generator<[string, CachedCommit]> {
  if (typeof file !== "object" || file === null) return;
  const { version, url: ofUrl, commits } = { version: 0, url: "", commits: {}, ...file };
  if (version !== CACHE_VERSION || ofUrl !== url) return;
  for (const [key, entry] of Object.entries(commits)) {
    const { etag, commit } = { etag: undefined, commit: undefined, ...Object(entry) };
    if (typeof etag === "string" && isCommitSummary(commit)) yield [key, { etag, commit }];
  }
}

type Check = (value: unknown) => boolean;
const isText: Check = (value) => typeof value === "string";
const isNumber: Check = (value) => typeof value === "number";
const orAbsent =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

/** By hand, for the sake of every listing: the schema library takes 4 ms to load. Each field, or it does not compile. */
const CHECKS: Readonly<Record<keyof CommitSummary, Check>> = {
  name: isText,
  phase: isText,
  formatVersion: isText,
  startedAt: orAbsent(isText),
  finishedAt: orAbsent(isText),
  expiresAt: orAbsent(isText),
  itemCount: orAbsent(isNumber),
  errorCount: isNumber,
  warningCount: isNumber,
  labels: (value) => typeof value === "object" && value !== null && Object.values(value).every(isText),
  includedNamespaces: (value) => Array.isArray(value) && value.every(isText),
  clusterName: orAbsent(isText),
  kubeSystemUid: orAbsent(isText),
  caSha256: orAbsent(isText),
  manifestSha256: orAbsent(isText),
};

function isCommitSummary(value: unknown): value is CommitSummary {
  const fields = new Map<string, unknown>(Object.entries(Object(value)));
  return Object.entries(CHECKS).every(([name, check]) => check(fields.get(name)));
}
