import { annotationKeys } from "./annotations.ts";

/** What an object is told of the newest backup that holds it. A pointer for people, never proof. */
export interface BackupReference {
  readonly backup: string;
  /** The moment that the backup's age counts from: RFC 3339, by the API server's clock. */
  readonly time: string;
  /** URL; holds no credentials. */
  readonly location: string;
}

export function referenceAnnotations({ backup, time, location }: BackupReference): Record<string, string> {
  return {
    [annotationKeys.lastBackup]: backup,
    [annotationKeys.lastBackupTime]: time,
    [annotationKeys.lastBackupLocation]: location,
  };
}

/** What is absent is ""; no such backup, time or place exists. */
export function readReference(annotations: Readonly<Record<string, string>>): BackupReference {
  return {
    backup: annotations[annotationKeys.lastBackup] ?? "",
    time: annotations[annotationKeys.lastBackupTime] ?? "",
    location: annotations[annotationKeys.lastBackupLocation] ?? "",
  };
}

export function isSameReference(left: BackupReference, right: BackupReference): boolean {
  return left.backup === right.backup && left.time === right.time && left.location === right.location;
}
