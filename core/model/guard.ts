/**
 * The names under which the guard lies in a cluster. What installs it, the guard itself, and whoever asks after it agree
 * on them here; manifests/ spells them out, which a test compares.
 */
export const GUARD = {
  namespace: "kubectl-backup",
  /** ServiceAccount, Deployment, Service, disruption budget, ValidatingWebhookConfiguration and its own roles. */
  name: "kubectl-backup-guard",
  /** How refusals are introduced: `admission webhook "guard.kubectl-backup.io" denied the request`. */
  webhook: "guard.kubectl-backup.io",
  /** Holds ca.crt, ca.key, tls.crt, tls.key; during a change of authority ca-previous.crt too. */
  tlsSecret: "kubectl-backup-guard-tls",
  /** ConfigMap with the locations, in the format of the user's own configuration file. */
  locations: "kubectl-backup-locations",
  locationsKey: "config.yaml",
  /** In a ConfigMap or Secret that names the authority of the locations' certificates. */
  authorityKey: "ca.crt",
  /**
   * A protected namespace that no backup ever holds, so that deleting it must be refused: a dry run of that asks the
   * guard, through everything that lies between, whether it answers.
   */
  selfTest: "kubectl-backup-self-test",
  /** Custom verb on namespaces: who has it may weaken or skip the protection of one. */
  unprotectVerb: "unprotect",
  /** To hand out: what looking at the guard takes. */
  viewerRole: "kubectl-backup-guard-viewer",
  port: 10250,
  /** Where the node's network is shared: 10250 is the kubelet's there. */
  hostNetworkPort: 10260,
} as const;

/** matchConditions, without which every change of a protected namespace would hang on the guard, are stable since 1.30. */
export const GUARD_SERVER_MINOR = 30;

/** Never reviewed: the API server and the guard must be able to help themselves. */
export const UNGUARDED_NAMESPACES: readonly string[] = [
  GUARD.namespace,
  "kube-node-lease",
  "kube-public",
  "kube-system",
];
