import type { BackupReference } from "#core/model/backup-reference.ts";
import { type BackupEvidence, type DeletionFacts, flawOf, newestFirst } from "./judge-backup.ts";

/** A backup as it lies in one location. */
export interface ReferableBackup {
  readonly evidence: BackupEvidence;
  /** URL. */
  readonly location: string;
}

export interface ReferenceFacts extends Omit<DeletionFacts, "liveClaims"> {
  /** What the namespace is told now. */
  readonly noted: BackupReference;
  /** URLs that were read whole just now: what they do not hold is not there. */
  readonly readLocations: ReadonlySet<string>;
}

/**
 * The backups that a namespace may be told of, newest first. Their age and the claims that are bound now do not matter:
 * they say whether the namespace may go, not which backup is its last. A later one that is noted already stays, unless
 * its location was read and does not hold it: somebody else may know of more than is read here.
 */
export function referableBackups<Backup extends ReferableBackup>(
  backups: readonly Backup[],
  facts: ReferenceFacts,
): readonly Backup[] {
  const { noted, readLocations } = facts;
  // NaN, where nothing that can be read is noted, is later than nothing.
  const notedAt = readLocations.has(noted.location) ? Number.NaN : Date.parse(noted.time);
  return backups
    .filter(({ evidence }) => flawOf(evidence, facts) === undefined)
    .filter(({ evidence }) => !(notedAt > Date.parse(evidence.namespace.firstListAt)))
    .toSorted((a, b) => newestFirst(a.evidence, b.evidence));
}

export function referenceTo({ evidence, location }: ReferableBackup): BackupReference {
  return { backup: evidence.name, time: evidence.namespace.firstListAt, location };
}
