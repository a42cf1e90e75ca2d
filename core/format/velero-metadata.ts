import { annotationKeys } from "#core/model/annotations.ts";
import type { BackupFacts } from "#core/model/backup.ts";
import { goDuration } from "#core/model/duration.ts";

/** A label selector in the form of Kubernetes' API objects. */
export interface LabelSelector {
  readonly matchExpressions: readonly {
    readonly key: string;
    readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
    readonly values?: readonly string[];
  }[];
}

export interface CommitLinks {
  /** Of the manifest's bytes: the first link of the chain of proof. */
  readonly manifestSha256: string;
  /** The request's selectors, parsed: Velero's schema does not take kubectl's spelling. */
  readonly labelSelector?: LabelSelector | undefined;
  readonly orLabelSelectors?: readonly LabelSelector[] | undefined;
}

const STORAGE_LOCATION = "default";
const SOURCE = "velero.io/source-cluster-k8s";

/**
 * velero-backup.json: a Backup object that passes Velero's CRD schema, since Velero creates it in its cluster. What a
 * listing shows stands in it too, so that listing reads no manifest.
 */
export function encodeVeleroBackup(facts: BackupFacts, links: CommitLinks): Uint8Array {
  const document = {
    apiVersion: "velero.io/v1",
    kind: "Backup",
    metadata: metadataOf(facts, links),
    spec: specOf(facts, links),
    status: statusOf(facts),
  };
  return Buffer.from(`${JSON.stringify(document, null, 2)}\n`);
}

function metadataOf(facts: BackupFacts, links: CommitLinks) {
  return {
    name: facts.name,
    namespace: "velero",
    creationTimestamp: wholeSeconds(facts.started.server),
    labels: { ...facts.request.labels, "velero.io/storage-location": STORAGE_LOCATION },
    annotations: {
      [`${SOURCE}-gitversion`]: facts.cluster.serverVersion,
      [`${SOURCE}-major-version`]: facts.cluster.serverMajor,
      [`${SOURCE}-minor-version`]: facts.cluster.serverMinor,
      [annotationKeys.manifestDigest]: links.manifestSha256,
      [annotationKeys.toolVersion]: facts.toolVersion,
      [annotationKeys.clusterName]: facts.cluster.clusterName,
      [annotationKeys.kubeSystemUid]: facts.cluster.kubeSystemUid,
      [annotationKeys.caSha256]: facts.cluster.caSha256,
      [annotationKeys.expiresAt]: facts.expiresAt,
    },
  };
}

function specOf(facts: BackupFacts, links: CommitLinks) {
  const { selection, ttlSeconds } = facts.request;
  return {
    metadata: {},
    includedNamespaces: selection.includeNamespaces.length === 0 ? ["*"] : selection.includeNamespaces,
    excludedNamespaces: unlessEmpty(selection.excludeNamespaces),
    includedResources: unlessEmpty(selection.includeResources),
    excludedResources: unlessEmpty(selection.excludeResources),
    includeClusterResources:
      selection.includeClusterResources === "auto" ? undefined : selection.includeClusterResources === "true",
    labelSelector: links.labelSelector,
    orLabelSelectors: unlessEmpty(links.orLabelSelectors ?? []),
    storageLocation: STORAGE_LOCATION,
    ttl: ttlSeconds === undefined ? undefined : goDuration(ttlSeconds),
    // Both steer how a restore looks for volume data: there is none of either kind.
    snapshotMoveData: false,
    defaultVolumesToFsBackup: false,
  };
}

function statusOf(facts: BackupFacts) {
  const { veleroExpiry } = facts.request;
  return {
    version: 1,
    // "1.1.0" would promise the versioned twins of each item, which are left out.
    formatVersion: "1",
    phase: facts.phase,
    startTimestamp: wholeSeconds(facts.started.server),
    completionTimestamp: wholeSeconds(facts.finished.server),
    // Velero collects what has an expiration, whoever made it.
    expiration: veleroExpiry && facts.expiresAt !== undefined ? wholeSeconds(facts.expiresAt) : undefined,
    progress: { totalItems: facts.itemCount, itemsBackedUp: facts.itemCount },
    errors: facts.errors.length,
    warnings: facts.warnings.length,
  };
}

function unlessEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

/** Kubernetes times have whole seconds. */
function wholeSeconds(time: string): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}
