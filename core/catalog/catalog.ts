import type { BackupFacts, Manifest, Notice } from "#core/model/backup.ts";
import type { ItemHeader, ItemKind } from "#core/model/item.ts";
import type { JournalPart } from "#core/model/restore-journal.ts";
import type { RestoreRecord } from "#core/model/restore-record.ts";
import type { RunContext } from "#core/model/run-context.ts";
import type { ArchiveCheck } from "./check-archive.ts";
import type { BackupProof, StoredFolder } from "./stored-folder.ts";

/**
 * What exists in a location: format on top of storage. The verbs read and write backups through these interfaces and
 * see neither keys nor members. A CatalogReader cannot write.
 */
export interface BackupSummary {
  readonly name: string;
  readonly origin: "kubectl-backup" | "velero";
  /** Completed, PartiallyFailed, or what a foreign commit object says. `damaged` when the commit cannot be read. */
  readonly phase: string;
  readonly startedAt: Date | undefined;
  readonly finishedAt: Date | undefined;
  readonly expiresAt: Date | undefined;
  readonly itemCount: number | undefined;
  readonly errorCount: number;
  readonly warningCount: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly includedNamespaces: readonly string[];
  readonly clusterName: string | undefined;
  /** For telling clusters apart without reading the manifest. */
  readonly clusterIds: {
    readonly kubeSystemUid?: string | undefined;
    readonly caSha256?: string | undefined;
  };
  /** Why it is listed as damaged. */
  readonly trouble?: string | undefined;
}

/** What is known of an item without reading its bytes. */
export interface StoredItem extends ItemKind {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly ownerUids: readonly string[];
  readonly terminating: boolean;
  readonly sizeBytes: number;
}

export interface KindInventory extends ItemKind {
  readonly count: number;
  /** "" counts cluster-scoped objects. */
  readonly namespaces: Readonly<Record<string, number>>;
}

/** A claim's data where only its own tool can bring it back from. */
export interface ForeignVolume {
  readonly namespace: string;
  readonly claim: string;
  /** `Velero's kopia repository`. */
  readonly keptIn: string;
}

/** `bytes` have been checked against the index's digest and identity. A damaged item is data, not an exception. */
export type ReadItem =
  | { readonly ok: true; readonly item: StoredItem; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly item: StoredItem; readonly message: string };

/** A backup whose commit → manifest → index have been checked (or a Velero one, trusted as found). */
export interface OpenBackup {
  readonly summary: BackupSummary;
  /** Absent in Velero's. */
  readonly manifest: Manifest | undefined;
  /** Of the manifest's bytes. */
  readonly manifestSha256?: string | undefined;
  /** What could not be read of a foreign archive, by name. */
  readonly notices: readonly Notice[];
  readonly kinds: readonly KindInventory[];
  /** Volumes' data that another tool keeps beside the backup, in a form that is not read here. */
  readonly foreignVolumes: readonly ForeignVolume[];
  /** Items of one kind, or of a kind in one namespace, in order of namespace and name; streams, memory stays flat. */
  items(kind: ItemKind, namespace?: string): AsyncIterable<readonly StoredItem[]>;
  /**
   * The bytes of items that `items` yielded, in the order that reads the archive best (runs of neighbours come from
   * one range request and each member is decompressed once); the order between items is not kept.
   */
  read(items: readonly StoredItem[], signal: AbortSignal): AsyncIterable<ReadItem>;
  /** Removes temporary files. */
  close(): Promise<void>;
}

export interface CatalogReader {
  /** The location's URL. */
  readonly url: string;
  /** Newest first. One listing plus one read per commit object whose ETag is not in the local cache. */
  list(context: RunContext): Promise<readonly BackupSummary[]>;
  /** Of committed backups, whatever is in them: one listing, and nothing is read. */
  names(context: RunContext): Promise<readonly string[]>;
  /** Failure backup-not-found, backup-damaged, backup-unsupported. */
  find(name: string, context: RunContext): Promise<BackupSummary>;
  open(name: string, context: RunContext): Promise<OpenBackup>;
  /** The store's clock, by one small listing. */
  serverTime(context: RunContext): Promise<Date>;
  /** Every committed backup's folder, by one plain listing and no read. */
  folders(context: RunContext): AsyncIterable<StoredFolder>;
  /** Names of all folders of backups, committed or not: a tenth of what the folders themselves cost. */
  folderNames(context: RunContext): Promise<readonly string[]>;
  /** One backup's folder as it is now; undefined when it is not committed. */
  folder(name: string, context: RunContext): Promise<StoredFolder | undefined>;
  /** Two reads. Failure backup-damaged, backup-not-found; backup-unsupported where nothing can be proved. */
  prove(folder: StoredFolder, context: RunContext): Promise<BackupProof>;
  /** Reads archive and index whole; what is wrong with them, or undefined. */
  checkArchive(check: ArchiveCheck, context: RunContext): Promise<string | undefined>;
  /** The stored log, gunzipped, in pieces. */
  logs(name: string, context: RunContext): AsyncIterable<Uint8Array>;
  /** That of a restore. Failure restore-not-found. */
  restoreLogs(restore: string, context: RunContext): AsyncIterable<Uint8Array>;
  /** Restores, newest first: those under way and those that broke off too, and Velero's. */
  restores(context: RunContext): Promise<readonly StoredRestore[]>;
  /** Of all restores: one listing, and nothing is read. */
  restoreNames(context: RunContext): Promise<readonly string[]>;
  /** Those that have not ended: under way, or broken off. */
  openRestores(context: RunContext): Promise<readonly StoredRestore[]>;
  /** Failure restore-not-found. */
  findRestore(name: string, context: RunContext): Promise<StoredRestore>;
  /** What a restore has changed, as it was before. Failure backup-damaged. */
  openBefore(restore: string, context: RunContext): Promise<OpenBefore>;
  /** Parts of a restore's journal beyond a number, as far as they are stored. */
  journal(place: JournalPlace, context: RunContext): AsyncIterable<JournalPart>;
}

export interface JournalPlace {
  readonly restore: string;
  /** Numbers up to this one are left out. */
  readonly after: number;
}

export interface StoredRestore {
  readonly name: string;
  readonly origin: "kubectl-backup" | "velero";
  /** Running: its claim is fresh, and its process not known to be gone. Unfinished: it broke off. */
  readonly status: "Completed" | "PartiallyFailed" | "Running" | "Unfinished" | "damaged";
  readonly backup?: string | undefined;
  readonly createdAt?: Date | undefined;
  readonly finishedAt?: Date | undefined;
  /** When the oldest of its files was written, by the store's clock. */
  readonly foundAt: Date;
  /** URL of its folder. */
  readonly storedAt: string;
  readonly record?: RestoreRecord | undefined;
  readonly report?: Readonly<Record<string, unknown>> | undefined;
  /** Why it is listed as damaged. */
  readonly trouble?: string | undefined;
}

/** A backup under way: its name is claimed, its archive open. Nothing lists until `commit` has ended. */
export interface BackupWriter {
  readonly runId: string;
  /**
   * Stores an item's bytes (copied before it returns, so the caller may reuse them). Resolves when there is room.
   * Items of one kind are best given together; several kinds may be interleaved.
   */
  add(kind: ItemKind, header: ItemHeader, bytes: Uint8Array): Promise<void> | undefined;
  /** Side files → index → manifest → commit object, each checked. The log is what `log` collected. */
  commit(facts: BackupFacts, context: RunContext): Promise<CommittedBackup>;
  /** Removes all that the run wrote. Safe at any moment, also after a failed commit. */
  abort(): Promise<void>;
  /** One line of the stored log. */
  log(level: "info" | "warning" | "error", message: string): void;
  readonly itemCount: number;
  readonly itemBytes: number;
}

export interface CommittedBackup {
  readonly name: string;
  readonly url: string;
  readonly archiveBytes: number;
  readonly manifest: Manifest;
}

export interface BeforeImage {
  readonly kind: ItemKind;
  /** The object as the server sent it. */
  readonly bytes: Uint8Array;
  /** Digest of the content that the restore is about to leave. */
  readonly expected: string;
}

/** What a restore's record holds of the objects that it changed. */
export interface OpenBefore {
  /** The objects as they were. */
  readonly backup: OpenBackup;
  /** Digests of what the restore was about to leave of one. */
  expected(item: Pick<StoredItem, "group" | "resource" | "namespace" | "name">): ReadonlySet<string>;
}

/** A restore under way: its name is claimed, its request stored. */
export interface RestoreWriter {
  readonly url: string;
  readonly runId: string;
  /** Stores the next part of the journal. */
  append(lines: string, signal: AbortSignal): Promise<void>;
  /** Another file of the restore. Write-once. */
  writeFile(file: string, body: Uint8Array, signal: AbortSignal): Promise<void>;
  /** Objects as they are before they are changed. Resolves when a crash would find them. */
  keepBefore(images: readonly BeforeImage[], signal: AbortSignal): Promise<void>;
  /** Failure where another run may go on with this restore by now: nothing may be written in its name any more. */
  assertHeld(): void;
  /** Removes all that this run has stored, as if it had never begun; close() still has to follow. */
  withdraw(signal: AbortSignal): Promise<void>;
  /** Gives the name free. */
  close(): Promise<void>;
}

export interface RestoreFile {
  readonly restore: string;
  readonly file: string;
}

export interface CatalogWriter {
  /** Claims the name (format.md §6). Failure name-taken before anything else is written. */
  begin(name: string, context: RunContext): Promise<BackupWriter>;
  /** Commit object first, then the rest; repeatable. Also removes what a dead run left under the name. */
  remove(name: string, context: RunContext): Promise<void>;
  /** Files of a restore: report, log, results. Write-once. Keys are made from the restore's name. */
  writeRestoreFile(place: RestoreFile, body: Uint8Array, context: RunContext): Promise<void>;
  /** Claims the restore's name and stores its request. Failure name-taken. */
  beginRestore(record: RestoreRecord, context: RunContext): Promise<RestoreWriter>;
  /** Goes on with one that broke off. Failure name-taken while it runs. */
  resumeRestore(name: string, context: RunContext): Promise<RestoreWriter>;
}

export interface Catalog extends CatalogReader, CatalogWriter {
  close(): void;
}
