import { restoreKey } from "#core/format/layout.ts";
import type { ObjectStore } from "#core/storage/object-store.ts";
import { toBackupSummary } from "./backup-summary.ts";
import type { Catalog } from "./catalog.ts";
import { type Clock, systemClock } from "./clock.ts";
import { findCommit } from "./find-backup.ts";
import { listBackups } from "./list-backups.ts";
import { findRestore, listRestores } from "./list-restores.ts";
import { openBackup } from "./open-backup.ts";
import { openBefore } from "./open-before.ts";
import { type ProcessTable, systemProcesses } from "./process-identity.ts";
import { proveBackup } from "./prove-backup.ts";
import { readJournal } from "./read-journal.ts";
import { readLog, readRestoreLog } from "./read-log.ts";
import { removeBackup } from "./remove-backup.ts";
import { readStoreTime } from "./store-time.ts";
import { listFolders, lookAtFolder } from "./stored-folder.ts";
import { beginBackup } from "./write-backup.ts";
import { beginRestore, resumeRestore } from "./write-restore.ts";

export interface CatalogOptions {
  /** What commit objects say is remembered here: the platform's cache folder. */
  readonly cacheFolder: string;
  /** Private folders are made below it, and removed again. */
  readonly tempFolder: string;
  readonly processes?: ProcessTable;
  readonly clock?: Clock;
}

/** The store is the catalog's from now on: `close` closes it. */
export function openCatalog(store: ObjectStore, options: CatalogOptions): Catalog {
  const environment = { store, processes: systemProcesses, clock: systemClock, ...options };
  return {
    url: store.url,
    list: (context) => listBackups(environment, context),
    find: async (name, context) => toBackupSummary(await findCommit(store, name, context.signal)),
    open: (name, context) => openBackup(name, environment, context),
    serverTime: (context) => readStoreTime(store, context.signal),
    folders: (context) => listFolders(store, context.signal),
    folder: (name, context) => lookAtFolder(store, name, context.signal),
    prove: (folder, context) => proveBackup(store, folder, context.signal),
    logs: (name, context) => readLog(store, name, context.signal),
    restoreLogs: (restore, context) => readRestoreLog(store, restore, context.signal),
    restores: (context) => listRestores(environment, { openOnly: false, signal: context.signal }),
    openRestores: (context) => listRestores(environment, { openOnly: true, signal: context.signal }),
    findRestore: (name, context) => findRestore(name, environment, context.signal),
    openBefore: (restore, context) => openBefore(store, restore, context.signal),
    journal: (place, context) => readJournal(store, place, context.signal),
    beginRestore: (record, context) => beginRestore(record, environment, context),
    resumeRestore: (name, context) => resumeRestore(name, environment, context),
    begin: (name, context) => beginBackup(name, environment, context),
    remove: (name, context) => removeBackup(name, environment, context),
    writeRestoreFile: async ({ restore, file }, body, context) => {
      await store.put(restoreKey(restore, file), body, context.signal);
    },
    close: () => store.close(),
  };
}
