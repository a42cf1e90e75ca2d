import { annotationKeys, labelKeys } from "#core/model/annotations.ts";
import { objectAt, textsAt, withoutKeys, withoutValue, withValue } from "#core/objects/edit-object.ts";
import type { ExactJson, ExactObject } from "#core/objects/exact-json.ts";

/** For the docs. */
export const metadataRules: readonly string[] = [
  "Left out: resourceVersion, uid, times, generation, generateName, and finalizers that controllers put back by themselves.",
  "Owner references name the owner's new uid, written when it is known; one whose owner is neither restored nor in the cluster is left out and named.",
  "Other finalizers stay; a warning names those whose controller has no API in the cluster.",
  "Field managers return with `--keep-managed-fields` only.",
  "The status is left to the cluster's controllers unless `--include-status` names the kind.",
  "The namespace follows `--namespace-mapping`; a copy under another name does not carry the protection of the original.",
  "What this product noted on the old object is left out.",
  "What was being deleted when it was backed up is not restored.",
];

/** For every kind: what a server set on the old object and must not, or cannot, be sent to create a new one. */
const SERVER_FIELDS: ReadonlySet<string> = new Set([
  // The server answers 500 to a create with a resourceVersion.
  "resourceVersion",
  "uid",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  // Kept as sent by kinds that do not manage it, and an update may not lower it.
  "generation",
  "managedFields",
  "selfLink",
  "generateName",
  // With a stale uid the garbage collector deletes the object at once; linked anew by owners.ts.
  "ownerReferences",
]);

/** Put there by controllers, which put them back; without their controller nothing would ever remove them. */
const SYSTEM_FINALIZERS: ReadonlySet<string> = new Set([
  "foregroundDeletion",
  "orphan",
  "kubernetes.io/pv-protection",
  "kubernetes.io/pvc-protection",
  "external-provisioner.volume.kubernetes.io/finalizer",
  "customresourcecleanup.apiextensions.k8s.io",
  "service.kubernetes.io/load-balancer-cleanup",
  "batch.kubernetes.io/job-tracking",
  "snapshot.storage.kubernetes.io/volumesnapshot-bound-protection",
  "snapshot.storage.kubernetes.io/volumesnapshot-as-source-protection",
  "snapshot.storage.kubernetes.io/volumesnapshotcontent-bound-protection",
  "snapshot.storage.kubernetes.io/pvc-as-source-protection",
]);

/** Written by this product on the old object: stale on the new one. */
const STALE_ANNOTATIONS: ReadonlySet<string> = new Set([
  annotationKeys.lastBackup,
  annotationKeys.lastBackupTime,
  annotationKeys.lastBackupLocation,
  annotationKeys.restoredFrom,
  annotationKeys.pendingSteps,
  annotationKeys.skipFinalBackup,
]);

/** A copy under another name is not the protected original. */
const PROTECTION_ANNOTATIONS: ReadonlySet<string> = new Set([
  annotationKeys.maxAge,
  annotationKeys.volumes,
  annotationKeys.allowExcluded,
]);

export interface MetadataFacts {
  /** "" for cluster-scoped objects. */
  readonly namespace: string;
  readonly dropProtection: boolean;
}

export function cleanMetadata(object: ExactObject, facts: MetadataFacts): ExactObject {
  const metadata: { [key: string]: ExactJson } = {};
  for (const [key, value] of Object.entries(objectAt(object, ["metadata"]))) {
    if (!SERVER_FIELDS.has(key)) metadata[key] = value;
  }
  if (facts.namespace === "") delete metadata["namespace"];
  else metadata["namespace"] = facts.namespace;
  return dropStaleMarks(dropSystemFinalizers({ ...object, metadata }), facts.dropProtection);
}

function dropSystemFinalizers(object: ExactObject): ExactObject {
  const path = ["metadata", "finalizers"];
  const all = textsAt(object, path);
  const kept = all.filter((finalizer) => !isSystemFinalizer(finalizer));
  if (kept.length === all.length) return object;
  return kept.length === 0 ? withoutValue(object, path) : withValue(object, path, kept);
}

function isSystemFinalizer(finalizer: string): boolean {
  // Attachers name themselves behind the slash: external-attacher/ebs-csi-aws-com.
  return SYSTEM_FINALIZERS.has(finalizer) || finalizer.startsWith("external-attacher/");
}

function dropStaleMarks(object: ExactObject, dropProtection: boolean): ExactObject {
  const annotationsKept = withoutKeys(
    object,
    ["metadata", "annotations"],
    (key) => STALE_ANNOTATIONS.has(key) || (dropProtection && PROTECTION_ANNOTATIONS.has(key)),
  );
  if (!dropProtection) return annotationsKept;
  return withoutKeys(annotationsKept, ["metadata", "labels"], (key) => key === labelKeys.protect);
}
