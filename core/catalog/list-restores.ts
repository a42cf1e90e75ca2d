import { forEachLimited } from "#core/flow/for-each-limited.ts";
import {
  isFolderName,
  RESTORES_PREFIX,
  restoreFileOf,
  restoreFolder,
  restoreKey,
  runOfClaim,
} from "#core/format/layout.ts";
import {
  decodeRecord,
  decodeReport,
  MAX_RECORD_BYTES,
  MAX_REPORT_BYTES,
  RECORD_FILE,
  REPORT_FILE,
  veleroErrors,
} from "#core/format/restore-files.ts";
import { describeError, Failure, isFailure } from "#core/model/errors.ts";
import type { ObjectInfo, ObjectReader } from "#core/storage/object-store.ts";
import type { StoredRestore } from "./catalog.ts";
import { liveRivals } from "./claim-rivals.ts";
import { claimsByRun, type FolderView } from "./folder-view.ts";
import type { ProcessTable } from "./process-identity.ts";
import { readWhole } from "./read-whole.ts";
import { restoreUrl } from "./restore-url.ts";

const READS_AT_ONCE = 16;

export interface RestoresEnvironment {
  readonly store: ObjectReader;
  readonly processes: ProcessTable;
}

export interface RestoresRequest {
  /** Leaves out what has ended, by its files alone. */
  readonly openOnly: boolean;
  readonly signal: AbortSignal;
}

/** One listing, and one or two small reads for each restore. Newest first. */
export async function listRestores(
  environment: RestoresEnvironment,
  { openOnly, signal }: RestoresRequest,
): Promise<readonly StoredRestore[]> {
  const all = await viewRestores(environment.store, RESTORES_PREFIX, signal);
  const views = [...all].filter(([, view]) => !openOnly || isOpen(view));
  const found: StoredRestore[] = [];
  await forEachLimited(views, { concurrency: READS_AT_ONCE, signal }, async ([name, view]) => {
    found.push(await judge(name, view, { ...environment, signal }));
  });
  return found.sort(newestFirst);
}

function isOpen({ files }: FolderView): boolean {
  const names = new Set(files.map(({ key }) => restoreFileOf(key)?.file));
  return names.has(RECORD_FILE) && !names.has(REPORT_FILE);
}

/** Failure restore-not-found. */
export async function findRestore(
  name: string,
  environment: RestoresEnvironment,
  signal: AbortSignal,
): Promise<StoredRestore> {
  const { store } = environment;
  const views = isFolderName(name) ? await viewRestores(store, restoreFolder(name), signal) : undefined;
  const view = views?.get(name);
  if (view !== undefined) return judge(name, view, { ...environment, signal });
  throw new Failure("restore-not-found", `there is no restore "${name}" in ${store.url}`);
}

/** By name, what a listing below the prefix shows of each restore's folder. */
async function viewRestores(
  store: ObjectReader,
  prefix: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, FolderView>> {
  const folders = new Map<string, ObjectInfo[]>();
  let serverTime: Date | undefined;
  for await (const page of store.list(prefix, { signal })) {
    serverTime ??= page.serverTime;
    for (const object of page.objects) {
      const restore = restoreFileOf(object.key)?.restore;
      if (restore === undefined) continue;
      const objects = folders.get(restore) ?? [];
      folders.set(restore, objects);
      objects.push(object);
    }
  }
  return new Map([...folders].map(([name, objects]) => [name, viewOf(objects, serverTime ?? new Date(0))]));
}

function viewOf(objects: readonly ObjectInfo[], serverTime: Date): FolderView {
  const runOf = ({ key }: ObjectInfo) => runOfClaim(restoreFileOf(key)?.file ?? "");
  return {
    serverTime,
    commit: undefined,
    claims: claimsByRun(objects, runOf),
    files: objects.filter((object) => runOf(object) === undefined),
  };
}

interface Asker extends RestoresEnvironment {
  readonly signal: AbortSignal;
}

async function judge(name: string, view: FolderView, asker: Asker): Promise<StoredRestore> {
  const files = new Map(view.files.map((object) => [restoreFileOf(object.key)?.file ?? "", object]));
  const base = { name, storedAt: restoreUrl(asker.store.url, name), foundAt: firstSeen(view) };
  try {
    if (files.has(RECORD_FILE)) return await judgeOwn(base, { files, view }, asker);
    if (files.has(REPORT_FILE)) return { ...base, ...(await reported(name, asker)) };
    return { ...base, origin: "velero", status: await veleroStatus(name, files, asker) };
  } catch (error) {
    if (!isFailure(error) || error.code.startsWith("location-")) throw error;
    return { ...base, origin: "kubectl-backup", status: "damaged", trouble: describeError(error) };
  }
}

type Base = Pick<StoredRestore, "name" | "storedAt" | "foundAt">;

interface Found {
  readonly files: ReadonlyMap<string, ObjectInfo>;
  readonly view: FolderView;
}

async function judgeOwn(base: Base, { files, view }: Found, asker: Asker): Promise<StoredRestore> {
  const key = restoreKey(base.name, RECORD_FILE);
  const bytes = await readWhole(asker.store, { key }, { maxBytes: MAX_RECORD_BYTES, signal: asker.signal });
  const record = decodeRecord(bytes);
  const own = { ...base, origin: "kubectl-backup", record, backup: record.backup } as const;
  const createdAt = new Date(record.createdAt);
  if (files.has(REPORT_FILE)) return { ...own, ...(await reported(base.name, asker)), createdAt };
  const rivals = await liveRivals(view, { ...asker, ownRunId: undefined });
  return { ...own, createdAt, status: rivals.length > 0 ? "Running" : "Unfinished" };
}

async function reported(name: string, { store, signal }: Asker) {
  const key = restoreKey(name, REPORT_FILE);
  const report = decodeReport(await readWhole(store, { key }, { maxBytes: MAX_REPORT_BYTES, signal }));
  return {
    origin: "kubectl-backup",
    status: report.complete ? "Completed" : "PartiallyFailed",
    backup: report.backup,
    createdAt: new Date(report.startedAt),
    finishedAt: new Date(report.finishedAt),
    report,
  } as const;
}

/** What Velero leaves names neither backup nor times; its results tell how the restore ended. */
async function veleroStatus(
  name: string,
  files: ReadonlyMap<string, ObjectInfo>,
  { store, signal }: Asker,
): Promise<StoredRestore["status"]> {
  const results = files.get(`restore-${name}-results.gz`);
  if (results === undefined) return "Unfinished";
  const bytes = await readWhole(store, results, { maxBytes: MAX_REPORT_BYTES, signal });
  try {
    return veleroErrors(bytes) ? "PartiallyFailed" : "Completed";
  } catch (error) {
    throw new Failure("backup-damaged", `${results.key} cannot be read`, { cause: error });
  }
}

function firstSeen({ files, claims, serverTime }: FolderView): Date {
  const times = [...files, ...claims.map(({ newest }) => newest)].map(({ lastModified }) => lastModified);
  return times.reduce((first, time) => (time < first ? time : first), serverTime);
}

function newestFirst(left: StoredRestore, right: StoredRestore): number {
  const time = ({ createdAt, foundAt }: StoredRestore) => (createdAt ?? foundAt).getTime();
  return time(right) - time(left) || (left.name < right.name ? -1 : 1);
}
