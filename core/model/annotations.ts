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

/** Velero's, on pods and in the templates that pods are made from. */
export const restoreHookKeys = {
  initImage: "init.hook.restore.velero.io/container-image",
  initName: "init.hook.restore.velero.io/container-name",
  initCommand: "init.hook.restore.velero.io/command",
  initTimeout: "init.hook.restore.velero.io/timeout",
  container: "post.hook.restore.velero.io/container",
  command: "post.hook.restore.velero.io/command",
  onError: "post.hook.restore.velero.io/on-error",
  execTimeout: "post.hook.restore.velero.io/exec-timeout",
  waitTimeout: "post.hook.restore.velero.io/wait-timeout",
  waitForReady: "post.hook.restore.velero.io/wait-for-ready",
} as const;
