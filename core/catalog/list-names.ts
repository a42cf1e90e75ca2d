import { BACKUPS_PREFIX, committedBackup, isFolderName, RESTORES_PREFIX } from "#core/format/layout.ts";
import type { ObjectReader } from "#core/storage/object-store.ts";

/** Names of committed backups, by one listing and no read; of each folder only the commit object is looked at. */
export async function listBackupNames(store: ObjectReader, signal: AbortSignal): Promise<readonly string[]> {
  const names: string[] = [];
  const only = (key: string) => committedBackup(key) !== undefined;
  for await (const { objects } of store.list(BACKUPS_PREFIX, { only, signal })) {
    names.push(...objects.flatMap(({ key }) => committedBackup(key) ?? []));
  }
  return names;
}

/** Names of all folders of backups, committed or not, by one listing of the folders alone. */
export function listBackupFolders(store: ObjectReader, signal: AbortSignal): Promise<readonly string[]> {
  return foldersBelow(BACKUPS_PREFIX, store, signal);
}

/** Names of restores, by one listing of their folders. */
export function listRestoreNames(store: ObjectReader, signal: AbortSignal): Promise<readonly string[]> {
  return foldersBelow(RESTORES_PREFIX, store, signal);
}

async function foldersBelow(
  prefix: string,
  store: ObjectReader,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { folders } of store.list(prefix, { shallow: true, signal })) {
    names.push(...folders.map((folder) => folder.slice(0, -1)).filter(isFolderName));
  }
  return names;
}
