import { annotationKeys } from "#core/model/annotations.ts";
import { groupResource, type ItemKind } from "#core/model/item.ts";
import { dropPath, valueAt, without } from "./drop-path.ts";
import { type ExactJson, type ExactObject, isExactList, isExactObject } from "./exact-json.ts";

/**
 * What a user wrote of an object: the object less what servers and controllers set, default or allocate, and less this
 * product's own marks. Two objects with equal comparable forms mean the same wish. Owner references are left out too:
 * their uids belong to one cluster's life. Pure; what it does not change it shares with its argument.
 */
export function comparableForm(kind: Pick<ItemKind, "group" | "resource">, object: ExactObject): ExactObject {
  const rules = SERVER_SET[groupResource(kind)] ?? [];
  const plain = without(object, "status");
  const stripped = [...rules, ...conditionalRules(kind, plain)].reduce<ExactJson>(
    (value, path) => dropPath(value, typeof path === "string" ? path.split(".") : path),
    plain,
  );
  const result = isExactObject(stripped) ? stripped : plain;
  return { ...result, metadata: comparableMetadata(result["metadata"]) };
}

const METADATA_KEPT = ["name", "namespace", "labels", "annotations", "finalizers"] as const;

function comparableMetadata(metadata: ExactJson | undefined): ExactObject {
  const kept: Record<string, ExactJson> = {};
  for (const key of METADATA_KEPT) {
    const value = valueAt(metadata, key);
    if (value === undefined || value === null) continue;
    const own = key === "finalizers" ? userFinalizers(value) : userEntries(value);
    if (!isEmpty(own)) kept[key] = own;
  }
  return kept;
}

function isEmpty(value: ExactJson): boolean {
  if (isExactList(value)) return value.length === 0;
  return isExactObject(value) && Object.keys(value).length === 0;
}

/** Labels and annotations that controllers and this product set. */
const MACHINE_ENTRIES: ReadonlySet<string> = new Set([
  annotationKeys.lastBackup,
  annotationKeys.lastBackupTime,
  annotationKeys.lastBackupLocation,
  annotationKeys.restoredFrom,
  annotationKeys.pendingSteps,
  annotationKeys.skipFinalBackup,
  "velero.io/backup-name",
  "velero.io/restore-name",
  "kubernetes.io/metadata.name",
  "controller-uid",
  "batch.kubernetes.io/controller-uid",
  "batch.kubernetes.io/job-tracking",
  "batch.kubernetes.io/cronjob-scheduled-timestamp",
  "deployment.kubernetes.io/revision",
  "deployment.kubernetes.io/revision-history",
  "deployment.kubernetes.io/desired-replicas",
  "deployment.kubernetes.io/max-replicas",
  "deprecated.daemonset.template.generation",
  "pv.kubernetes.io/bind-completed",
  "pv.kubernetes.io/bound-by-controller",
  "pv.kubernetes.io/provisioned-by",
  "volume.kubernetes.io/provisioner-deletion-secret-name",
  "volume.kubernetes.io/provisioner-deletion-secret-namespace",
  "volume.kubernetes.io/storage-provisioner",
  "volume.beta.kubernetes.io/storage-provisioner",
  "volume.kubernetes.io/selected-node",
  "kubernetes.io/service-account.uid",
  "endpoints.kubernetes.io/last-change-trigger-time",
  "control-plane.alpha.kubernetes.io/leader",
]);

function userEntries(entries: ExactJson): ExactJson {
  if (!isExactObject(entries)) return entries;
  return Object.fromEntries(Object.entries(entries).filter(([key]) => !MACHINE_ENTRIES.has(key)));
}

/** Set and taken off by the control plane's own controllers while they work. */
const MACHINE_FINALIZER =
  /^(foregroundDeletion|orphan|kubernetes\.io\/pvc?-protection|customresourcecleanup\.apiextensions\.k8s\.io|service\.kubernetes\.io\/.*|snapshot\.storage\.kubernetes\.io\/.*|batch\.kubernetes\.io\/job-tracking)$/;

function userFinalizers(finalizers: ExactJson): ExactJson {
  if (!isExactList(finalizers)) return finalizers;
  return finalizers.filter((entry) => typeof entry !== "string" || !MACHINE_FINALIZER.test(entry));
}

/** Keys joined by dots, or apart where a key holds a dot. */
type Path = string | readonly string[];

/** Paths, `*` for each entry of a list, of what the control plane allocates or fills in. */
const SERVER_SET: Readonly<Record<string, readonly Path[]>> = {
  namespaces: ["spec.finalizers"],
  services: ["spec.ports.*.nodePort", "spec.healthCheckNodePort", "spec.ipFamilies", "spec.ipFamilyPolicy"],
  persistentvolumeclaims: ["spec.volumeName"],
  persistentvolumes: ["spec.claimRef.uid", "spec.claimRef.resourceVersion"],
  serviceaccounts: ["secrets"],
  pods: ["spec.nodeName", "spec.priority", "spec.preemptionPolicy", "spec.serviceAccount"],
  "statefulsets.apps": ["spec.volumeClaimTemplates.*.status"],
};

/** `clusterIP: None` is a user's wish; a selector of a Job is one only with manualSelector. */
function conditionalRules(kind: Pick<ItemKind, "group" | "resource">, object: ExactObject): readonly Path[] {
  switch (groupResource(kind)) {
    case "services":
      return valueAt(object, "spec", "clusterIP") === "None" ? [] : ["spec.clusterIP", "spec.clusterIPs"];
    case "jobs.batch":
      return valueAt(object, "spec", "manualSelector") === true ? [] : GENERATED_JOB_FIELDS;
    case "clusterroles.rbac.authorization.k8s.io":
      return valueAt(object, "aggregationRule") === undefined ? [] : ["rules"];
    case "secrets":
      return object["type"] === "kubernetes.io/service-account-token" ? ["data"] : [];
    default:
      return [];
  }
}

const POD_LABELS = ["spec", "template", "metadata", "labels"];
const GENERATED_JOB_FIELDS: readonly Path[] = [
  "spec.selector",
  [...POD_LABELS, "controller-uid"],
  [...POD_LABELS, "batch.kubernetes.io/controller-uid"],
];
