import { COMMIT_FILE, runOfClaim } from "#core/format/layout.ts";
import type { ObjectInfo, ObjectReader } from "#core/storage/object-store.ts";

/** One run's claims on a name. */
export interface RunClaims {
  readonly runId: string;
  readonly keys: readonly string[];
  readonly newest: ObjectInfo;
}

/** What one listing of a backup's or restore's folder showed. */
export interface FolderView {
  /** The store's clock, early in the listing: an age counted from it is never too great. */
  readonly serverTime: Date;
  readonly commit: ObjectInfo | undefined;
  readonly claims: readonly RunClaims[];
  /** Neither commit nor claim. */
  readonly files: readonly ObjectInfo[];
}

export async function viewFolder(
  store: ObjectReader,
  folder: string,
  signal: AbortSignal,
): Promise<FolderView> {
  const objects: ObjectInfo[] = [];
  let serverTime: Date | undefined;
  for await (const page of store.list(folder, { signal })) {
    serverTime ??= page.serverTime;
    objects.push(...page.objects);
  }
  const fileOf = (object: ObjectInfo) => object.key.slice(folder.length);
  const isFile = (object: ObjectInfo) =>
    fileOf(object) !== COMMIT_FILE && runOfClaim(fileOf(object)) === undefined;
  return {
    serverTime: serverTime ?? new Date(0),
    commit: objects.find((object) => fileOf(object) === COMMIT_FILE),
    claims: claimsByRun(objects, (object) => runOfClaim(fileOf(object))),
    files: objects.filter(isFile),
  };
}

export function claimsByRun(
  objects: readonly ObjectInfo[],
  runOf: (object: ObjectInfo) => string | undefined,
): RunClaims[] {
  const claims = objects.filter((object) => runOf(object) !== undefined);
  return [...Map.groupBy(claims, (object) => runOf(object) ?? "")].map(([runId, group]) => ({
    runId,
    keys: group.map((object) => object.key),
    newest: group.reduce((newest, object) => (object.lastModified > newest.lastModified ? object : newest)),
  }));
}
