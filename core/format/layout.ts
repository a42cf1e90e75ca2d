/**
 * Every object key, in one place. Its rule: keys are made of checked segments, so that no name, whoever gave it, can
 * lead out of its folder. Velero takes a location only when nothing but its own folders lie at the top.
 */
import { Failure } from "#core/model/errors.ts";

export const BACKUPS_PREFIX = "backups/";
export const RESTORES_PREFIX = "restores/";

/** Velero's own Backup object. Its existence is the commit. */
export const COMMIT_FILE = "velero-backup.json";
export const MANIFEST_FILE = "kubectl-backup.json";
export const INDEX_FILE = "kubectl-backup-index.gz";

const CLAIM_PREFIX = "kubectl-backup-claim-";
const CLAIM_FILE = new RegExp(`^${CLAIM_PREFIX}([a-z0-9]+)-([0-9]{1,9})\\.json$`);

/** Velero allows DNS subdomains as names, dots included; a leading dot would be a step upwards or a hidden file. */
const FOLDER_NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,252}$/;

/** Files that Velero names after the backup. */
export interface VeleroFiles {
  readonly archive: string;
  readonly logs: string;
  readonly results: string;
  readonly resourceList: string;
  readonly volumeInfo: string;
  readonly podVolumeBackups: string;
}

export function veleroFiles(name: string): VeleroFiles {
  return {
    archive: `${name}.tar.gz`,
    logs: `${name}-logs.gz`,
    results: `${name}-results.gz`,
    resourceList: `${name}-resource-list.json.gz`,
    volumeInfo: `${name}-volumeinfo.json.gz`,
    podVolumeBackups: `${name}-podvolumebackups.json.gz`,
  };
}

export function isFolderName(name: string): boolean {
  return FOLDER_NAME.test(name);
}

/** Ends in `/`. */
export function backupFolder(name: string): string {
  return `${BACKUPS_PREFIX}${checkedSegment(name)}/`;
}

export function backupKey(name: string, file: string): string {
  return backupFolder(name) + checkedSegment(file);
}

/** Ends in `/`. */
export function restoreFolder(name: string): string {
  return `${RESTORES_PREFIX}${checkedSegment(name)}/`;
}

export function restoreKey(restore: string, file: string): string {
  return restoreFolder(restore) + checkedSegment(file);
}

/** The backup and the file that a key names, if it lies directly in a backup's folder. */
export function backupFileOf(key: string): { readonly backup: string; readonly file: string } | undefined {
  const [root, backup = "", file = "", ...deeper] = key.split("/");
  const isOne = `${root}/` === BACKUPS_PREFIX && isFolderName(backup) && isFolderName(file);
  return isOne && deeper.length === 0 ? { backup, file } : undefined;
}

/** The restore and the file that a key names, if it lies directly in a restore's folder. */
export function restoreFileOf(key: string): { readonly restore: string; readonly file: string } | undefined {
  const [root, restore = "", file = "", ...deeper] = key.split("/");
  const isOne = `${root}/` === RESTORES_PREFIX && isFolderName(restore) && isFolderName(file);
  return isOne && deeper.length === 0 ? { restore, file } : undefined;
}

/** The n-th claim of a run on a folder; the first is 1, each renewal is one more. */
export function claimKey(folder: string, runId: string, n: number): string {
  return `${folder}${CLAIM_PREFIX}${runId}-${n}.json`;
}

/** Which run's claim a file of a backup's or restore's folder is, if it is one. */
export function runOfClaim(file: string): string | undefined {
  return CLAIM_FILE.exec(file)?.[1];
}

/** The backup that a key commits, if the key is a commit object's. */
export function committedBackup(key: string): string | undefined {
  const at = backupFileOf(key);
  return at?.file === COMMIT_FILE ? at.backup : undefined;
}

function checkedSegment(segment: string): string {
  if (!isFolderName(segment)) throw new Failure("usage", `${JSON.stringify(segment)} is not a valid name`);
  return segment;
}
