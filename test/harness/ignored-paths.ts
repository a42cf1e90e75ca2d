// What may differ between an object and its restored twin, each with the reason. Everything else has to be equal.
import type { KubeObject } from "./kube-object.ts";

export type IgnoredPath = {
  /** Kinds it holds for; all when absent. */
  readonly kinds?: readonly string[];
  /** Keys from the root; "*" is any key or index. */
  readonly path: readonly string[];
  /** Narrows it further, by the original. */
  readonly when?: (original: KubeObject) => boolean;
  readonly reason: string;
};

const everywhere = (path: readonly string[], reason: string): IgnoredPath => ({ path, reason });
const of = (kinds: readonly string[], path: readonly string[], reason: string): IgnoredPath => ({
  kinds,
  path,
  reason,
});
const annotation = (kinds: readonly string[], key: string, reason: string): IgnoredPath =>
  of(kinds, ["metadata", "annotations", key], reason);

// Of these kinds the server wipes a status sent with a create; their controllers write it anew.
const KINDS_WITH_OWNED_STATUS = [
  ...["APIService", "CronJob", "CustomResourceDefinition", "DaemonSet", "Deployment", "FlowSchema"],
  ...["HorizontalPodAutoscaler", "Ingress", "Job", "Namespace", "NetworkPolicy", "PersistentVolume"],
  ...["PersistentVolumeClaim", "Pod", "PodDisruptionBudget", "PriorityLevelConfiguration", "ReplicaSet"],
  ...["ReplicationController", "ResourceQuota", "Service", "ServiceCIDR", "StatefulSet"],
  "ValidatingAdmissionPolicy",
];

export const IGNORED_PATHS: readonly IgnoredPath[] = [
  everywhere(["metadata", "uid"], "a new object has a new identity"),
  everywhere(["metadata", "resourceVersion"], "the server's own counter"),
  everywhere(["metadata", "generation"], "counted by the server from 1"),
  everywhere(["metadata", "creationTimestamp"], "set by the server"),
  everywhere(["metadata", "selfLink"], "gone since 1.24"),
  everywhere(["metadata", "managedFields"], "every field belongs to the one who created the object anew"),
  everywhere(
    ["metadata", "ownerReferences", "*", "uid"],
    "the owner too has a new identity; its kind and name count",
  ),
  annotation([], "kubectl-backup.io/restored-from", "says where a restored object comes from"),
  of(KINDS_WITH_OWNED_STATUS, ["status"], "written anew by the kind's controller"),
  {
    kinds: ["Service"],
    path: ["spec", "clusterIP"],
    when: (service) => !isHeadless(service),
    reason: "allocated by the server unless the service is headless",
  },
  {
    kinds: ["Service"],
    path: ["spec", "clusterIPs"],
    when: (service) => !isHeadless(service),
    reason: "allocated by the server unless the service is headless",
  },
  of(["Service"], ["spec", "healthCheckNodePort"], "allocated by the server"),
  annotation(["Deployment", "ReplicaSet"], "deployment.kubernetes.io/revision", "counted by the controller"),
  annotation(["DaemonSet"], "deprecated.daemonset.template.generation", "counted by the controller"),
  ...["controller-uid", "batch.kubernetes.io/controller-uid"].flatMap((label) => [
    of(["Job"], ["spec", "selector", "matchLabels", label], "holds the uid of the job"),
    of(["Job"], ["spec", "template", "metadata", "labels", label], "holds the uid of the job"),
    of(["Job", "Pod"], ["metadata", "labels", label], "holds the uid of the job"),
  ]),
  ...["bind-completed", "bound-by-controller"].map((key) =>
    annotation(
      ["PersistentVolumeClaim", "PersistentVolume"],
      `pv.kubernetes.io/${key}`,
      "the binding is made anew",
    ),
  ),
  annotation(["PersistentVolumeClaim"], "volume.kubernetes.io/selected-node", "chosen by the scheduler"),
  annotation(["PersistentVolumeClaim"], "volume.kubernetes.io/storage-provisioner", "set by the controller"),
  annotation(
    ["PersistentVolumeClaim"],
    "volume.beta.kubernetes.io/storage-provisioner",
    "set by the controller",
  ),
  of(["PersistentVolume"], ["spec", "claimRef", "uid"], "the claim has a new identity"),
  of(["PersistentVolume"], ["spec", "claimRef", "resourceVersion"], "the server's own counter"),
  {
    kinds: ["Secret"],
    path: ["data"],
    when: ({ type }) => type === "kubernetes.io/service-account-token",
    reason: "a token of the old service account is worthless; the controller issues a new one",
  },
  annotation(["Secret"], "kubernetes.io/service-account.uid", "the service account has a new identity"),
  {
    kinds: ["ConfigMap"],
    path: ["data", "ca.crt"],
    when: ({ metadata }) => metadata.name === "kube-root-ca.crt",
    reason: "the cluster's own, which its controller keeps there",
  },
  of(["Pod"], ["spec", "nodeName"], "chosen by the scheduler"),
];

function isHeadless({ spec }: KubeObject): boolean {
  // A Service's spec is an object.
  return (spec as { readonly clusterIP?: string } | undefined)?.clusterIP === "None";
}
