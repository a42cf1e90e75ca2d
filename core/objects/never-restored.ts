import type { ItemKind } from "#core/model/item.ts";
import { groupResource } from "#core/model/item.ts";
import type { PublishedRule } from "./not-stored.ts";

const PER_MACHINE = "describes a machine, which registers itself";
const CERTIFICATES = "the server overwrites who asked, and an approval cannot be brought back";
const POD_SECURITY = "gone since Kubernetes 1.25, where labels of namespaces (Pod Security admission) say it";
const PAST = "a report on the cluster it was made in";

/** Stored for information, never written to a cluster. */
const KINDS_NEVER_RESTORED: ReadonlyMap<string, string> = new Map([
  ["nodes", PER_MACHINE],
  ["csinodes.storage.k8s.io", PER_MACHINE],
  ["volumeattachments.storage.k8s.io", "an attachment to a machine, made by the attach controller"],
  ["csistoragecapacities.storage.k8s.io", "measured by storage drivers"],
  ["resourceslices.resource.k8s.io", "published by device drivers"],
  ["ipaddresses.networking.k8s.io", "a Service with that address could not be created any more"],
  ["certificatesigningrequests.certificates.k8s.io", CERTIFICATES],
  ["podcertificaterequests.certificates.k8s.io", CERTIFICATES],
  ["podsecuritypolicies.policy", POD_SECURITY],
  ["podsecuritypolicies.extensions", POD_SECURITY],
  ["leases.coordination.k8s.io", "held by running processes"],
  ["leasecandidates.coordination.k8s.io", "held by running processes"],
  ["events", PAST],
  ["events.events.k8s.io", PAST],
  ["componentstatuses", PAST],
  ["storageversions.internal.apiserver.k8s.io", "belongs to the running API servers"],
  ["backups.velero.io", "a record of another backup program's own runs"],
  ["restores.velero.io", "would start that restore again"],
  ["backuprepositories.velero.io", "belongs to one installation of Velero"],
  ["resticrepositories.velero.io", "belongs to one installation of Velero"],
]);

/** Why objects of this kind are never restored, or undefined. */
export function kindNeverRestored(kind: Pick<ItemKind, "group" | "resource">): string | undefined {
  return KINDS_NEVER_RESTORED.get(groupResource(kind));
}

export const neverRestoredRules: readonly PublishedRule[] = [...KINDS_NEVER_RESTORED].map(
  ([what, reason]) => ({
    what,
    reason,
  }),
);
