import type { CommitSummary } from "#core/format/commit-summary.ts";
import type { BackupSummary } from "./catalog.ts";

export function toBackupSummary(commit: CommitSummary): BackupSummary {
  return {
    name: commit.name,
    origin: commit.manifestSha256 === undefined ? "velero" : "kubectl-backup",
    phase: commit.phase,
    startedAt: toDate(commit.startedAt),
    finishedAt: toDate(commit.finishedAt),
    expiresAt: toDate(commit.expiresAt),
    itemCount: commit.itemCount,
    errorCount: commit.errorCount,
    warningCount: commit.warningCount,
    labels: commit.labels,
    includedNamespaces: commit.includedNamespaces,
    clusterName: commit.clusterName,
    clusterIds: { kubeSystemUid: commit.kubeSystemUid, caSha256: commit.caSha256 },
  };
}

/** Without its annotation a backup of ours would pass for one of Velero's, and nothing in it would be checked. */
export function lostLinkMessage(name: string): string {
  return `the commit object of backup "${name}" does not carry the digest of the manifest that lies beside it`;
}

export interface DamagedCommit {
  readonly name: string;
  readonly isOurs: boolean;
  readonly storedAt: Date;
  readonly trouble: string;
}

/** A commit object that cannot be read is listed too: somebody will look for that backup. */
export function damagedSummary({ name, isOurs, storedAt, trouble }: DamagedCommit): BackupSummary {
  return {
    name,
    origin: isOurs ? "kubectl-backup" : "velero",
    phase: "damaged",
    startedAt: undefined,
    finishedAt: storedAt,
    expiresAt: undefined,
    itemCount: undefined,
    errorCount: 0,
    warningCount: 0,
    labels: {},
    includedNamespaces: [],
    clusterName: undefined,
    clusterIds: {},
    trouble,
  };
}

/** Newest first, by when they were finished, then by name. */
export function newestFirst(left: BackupSummary, right: BackupSummary): number {
  return timeOf(right) - timeOf(left) || (left.name < right.name ? -1 : 1);
}

function timeOf(summary: BackupSummary): number {
  return (summary.finishedAt ?? summary.startedAt)?.getTime() ?? 0;
}

function toDate(time: string | undefined): Date | undefined {
  const date = new Date(time ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
