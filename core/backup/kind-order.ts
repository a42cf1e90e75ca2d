import { groupResource, type ItemKind } from "#core/model/item.ts";

/**
 * Kinds are read owners first, so that an object whose owner is missing from the backup is rare although no snapshot
 * reaches across kinds. What is not named here lies between.
 */
const FIRST = [
  "customresourcedefinitions.apiextensions.k8s.io",
  "storageclasses.storage.k8s.io",
  "persistentvolumes",
];
const LAST = [
  "cronjobs.batch",
  "jobs.batch",
  "deployments.apps",
  "statefulsets.apps",
  "daemonsets.apps",
  "replicasets.apps",
  "controllerrevisions.apps",
  "persistentvolumeclaims",
  "pods",
];

export function kindOrder(kind: Pick<ItemKind, "group" | "resource">): number {
  const key = groupResource(kind);
  const first = FIRST.indexOf(key);
  return first === -1 ? 1 + LAST.indexOf(key) : first - FIRST.length;
}
