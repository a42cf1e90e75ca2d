/** Every label and annotation key that is read or written. */
const OURS = "kubectl-backup.io";

export const annotationKeys = {
  /** On velero-backup.json: sha256 of the manifest's bytes (the first link of the chain of proof). */
  manifestDigest: `${OURS}/manifest-sha256`,
  /** On velero-backup.json: what a listing shows without reading the manifest. */
  clusterName: `${OURS}/cluster-name`,
  kubeSystemUid: `${OURS}/kube-system-uid`,
  caSha256: `${OURS}/cluster-ca-sha256`,
  expiresAt: `${OURS}/expires-at`,
  toolVersion: `${OURS}/tool-version`,
  lastBackup: `${OURS}/last-backup`,
  lastBackupTime: `${OURS}/last-backup-time`,
  lastBackupLocation: `${OURS}/last-backup-location`,
  restoredFrom: `${OURS}/restored-from`,
  pendingSteps: `${OURS}/pending-steps`,
  skipFinalBackup: `${OURS}/skip-final-backup`,
  maxAge: `${OURS}/max-age`,
  volumes: `${OURS}/volumes`,
  annotate: `${OURS}/annotate`,
  allowExcluded: `${OURS}/allow-excluded`,
  restoreOrder: `${OURS}/restore-order`,
} as const;

export const labelKeys = {
  protect: `${OURS}/protect`,
  tier: `${OURS}/tier`,
  excludeFromBackup: "velero.io/exclude-from-backup",
} as const;
