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

/** Names of restores, by one listing of their folders. */
export async function listRestoreNames(store: ObjectReader, signal: AbortSignal): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { folders } of store.list(RESTORES_PREFIX, { shallow: true, signal })) {
    names.push(...folders.map((folder) => folder.slice(0, -1)).filter(isFolderName));
  }
  return names;
}
