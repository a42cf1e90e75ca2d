import { restoreKey } from "#core/format/layout.ts";
import type { RunContext } from "#core/model/run-context.ts";
import type { ObjectStore } from "#core/storage/object-store.ts";
import type { Catalog } from "./catalog.ts";
import { type Clock, systemClock } from "./clock.ts";
import { listBackupFolders, listBackupNames, listRestoreNames } from "./list-names.ts";
import { type ProcessTable, systemProcesses } from "./process-identity.ts";

export interface CatalogOptions {
  /** What commit objects say is remembered here: the platform's cache folder. */
  readonly cacheFolder: string;
  /** Private folders are made below it, and removed again. */
  readonly tempFolder: string;
  readonly processes?: ProcessTable;
  readonly clock?: Clock;
}

/**
 * Names are asked for at every press of a key in a shell, so only what that needs is loaded with this module. The store
 * is the catalog's from now on: `close` closes it.
 */
export function openCatalog(store: ObjectStore, options: CatalogOptions): Catalog {
  const environment = { store, processes: systemProcesses, clock: systemClock, ...options };
  const listRestores = async (openOnly: boolean, { signal }: RunContext) =>
    (await import("./list-restores.ts")).listRestores(environment, { openOnly, signal });
  return {
    url: store.url,
    list: async (context) => (await import("./list-backups.ts")).listBackups(environment, context),
    names: (context) => listBackupNames(store, context.signal),
    folderNames: (context) => listBackupFolders(store, context.signal),
    restoreNames: (context) => listRestoreNames(store, context.signal),
    find: async (name, context) => {
      const [{ findCommit }, { toBackupSummary }] = await Promise.all([
        import("./find-backup.ts"),
        import("./backup-summary.ts"),
      ]);
      return toBackupSummary(await findCommit(store, name, context.signal));
    },
    open: async (name, context) => (await import("./open-backup.ts")).openBackup(name, environment, context),
    serverTime: async (context) => (await import("./store-time.ts")).readStoreTime(store, context.signal),
    async *folders(context) {
      yield* (await import("./stored-folder.ts")).listFolders(store, context.signal);
    },
    folder: async (name, context) =>
      (await import("./stored-folder.ts")).lookAtFolder(store, name, context.signal),
    prove: async (folder, { signal }) =>
      (await import("./prove-backup.ts")).proveBackup(store, folder, signal),
    checkArchive: async (check, context) =>
      (await import("./check-archive.ts")).checkArchive(store, check, context.signal),
    async *logs(name, context) {
      yield* (await import("./read-log.ts")).readLog(store, name, context.signal);
    },
    async *restoreLogs(restore, context) {
      yield* (await import("./read-log.ts")).readRestoreLog(store, restore, context.signal);
    },
    restores: (context) => listRestores(false, context),
    openRestores: (context) => listRestores(true, context),
    findRestore: async (name, context) =>
      (await import("./list-restores.ts")).findRestore(name, environment, context.signal),
    openBefore: async (restore, context) =>
      (await import("./open-before.ts")).openBefore(store, restore, context.signal),
    async *journal(place, context) {
      yield* (await import("./read-journal.ts")).readJournal(store, place, context.signal);
    },
    beginRestore: async (record, context) =>
      (await import("./write-restore.ts")).beginRestore(record, environment, context),
    resumeRestore: async (name, context) =>
      (await import("./write-restore.ts")).resumeRestore(name, environment, context),
    begin: async (name, context) =>
      (await import("./write-backup.ts")).beginBackup(name, environment, context),
    remove: async (name, context) =>
      (await import("./remove-backup.ts")).removeBackup(name, environment, context),
    writeRestoreFile: async ({ restore, file }, body, context) => {
      await store.put(restoreKey(restore, file), body, context.signal);
    },
    close: () => store.close(),
  };
}
