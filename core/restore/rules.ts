import { groupResource, type ItemKind } from "#core/model/item.ts";
import { isBuiltInGroup } from "./built-in-groups.ts";
import type { Rule } from "./rule.ts";
import { apiServices } from "./rules/api-services.ts";
import { configMaps } from "./rules/config-maps.ts";
import { controllerRevisions } from "./rules/controller-revisions.ts";
import { cronJobs } from "./rules/cron-jobs.ts";
import { customResourceDefinitions } from "./rules/custom-resource-definitions.ts";
import { customResources } from "./rules/custom-resources.ts";
import { daemonSets } from "./rules/daemon-sets.ts";
import { defaultClasses } from "./rules/default-classes.ts";
import { deployments } from "./rules/deployments.ts";
import { endpointSlices, endpoints } from "./rules/endpoints.ts";
import { flowControl } from "./rules/flow-control.ts";
import { groupSnapshots } from "./rules/group-snapshots.ts";
import { horizontalPodAutoscalers } from "./rules/horizontal-pod-autoscalers.ts";
import { jobs } from "./rules/jobs.ts";
import { namespaces } from "./rules/namespaces.ts";
import { persistentVolumeClaims } from "./rules/persistent-volume-claims.ts";
import { persistentVolumes } from "./rules/persistent-volumes.ts";
import { pods } from "./rules/pods.ts";
import { priorityClasses } from "./rules/priority-classes.ts";
import { bindings, roles } from "./rules/rbac.ts";
import { replicaSets } from "./rules/replica-sets.ts";
import { resourceClaims } from "./rules/resource-claims.ts";
import { secrets } from "./rules/secrets.ts";
import { serviceAccounts } from "./rules/service-accounts.ts";
import { serviceCidrs } from "./rules/service-cidrs.ts";
import { services } from "./rules/services.ts";
import { volumeSnapshotContents, volumeSnapshots } from "./rules/volume-snapshots.ts";
import { webhookConfigurations } from "./rules/webhook-configurations.ts";

/** The rule book's table of contents: a kind that is not listed has the rules for all kinds and no others. */
const RULES: ReadonlyMap<string, Rule> = new Map([
  ["apiservices.apiregistration.k8s.io", apiServices],
  ["clusterrolebindings.rbac.authorization.k8s.io", bindings],
  ["clusterroles.rbac.authorization.k8s.io", roles],
  ["configmaps", configMaps],
  ["controllerrevisions.apps", controllerRevisions],
  ["cronjobs.batch", cronJobs],
  ["customresourcedefinitions.apiextensions.k8s.io", customResourceDefinitions],
  ["daemonsets.apps", daemonSets],
  ["deployments.apps", deployments],
  ["endpoints", endpoints],
  ["endpointslices.discovery.k8s.io", endpointSlices],
  ["flowschemas.flowcontrol.apiserver.k8s.io", flowControl],
  ["horizontalpodautoscalers.autoscaling", horizontalPodAutoscalers],
  ["ingressclasses.networking.k8s.io", defaultClasses],
  ["jobs.batch", jobs],
  ["mutatingwebhookconfigurations.admissionregistration.k8s.io", webhookConfigurations],
  ["namespaces", namespaces],
  ["persistentvolumeclaims", persistentVolumeClaims],
  ["persistentvolumes", persistentVolumes],
  ["pods", pods],
  ["priorityclasses.scheduling.k8s.io", priorityClasses],
  ["prioritylevelconfigurations.flowcontrol.apiserver.k8s.io", flowControl],
  ["replicasets.apps", replicaSets],
  ["resourceclaims.resource.k8s.io", resourceClaims],
  ["rolebindings.rbac.authorization.k8s.io", bindings],
  ["roles.rbac.authorization.k8s.io", roles],
  ["secrets", secrets],
  ["serviceaccounts", serviceAccounts],
  ["servicecidrs.networking.k8s.io", serviceCidrs],
  ["services", services],
  ["storageclasses.storage.k8s.io", defaultClasses],
  ["volumegroupsnapshotcontents.groupsnapshot.storage.k8s.io", groupSnapshots],
  ["volumegroupsnapshots.groupsnapshot.storage.k8s.io", groupSnapshots],
  ["volumesnapshotcontents.snapshot.storage.k8s.io", volumeSnapshotContents],
  ["volumesnapshots.snapshot.storage.k8s.io", volumeSnapshots],
  ["validatingwebhookconfigurations.admissionregistration.k8s.io", webhookConfigurations],
]);

const NO_RULE: Rule = { does: [] };

export function ruleFor(kind: Pick<ItemKind, "group" | "resource">): Rule {
  return RULES.get(groupResource(kind)) ?? (isBuiltInGroup(kind.group) ? NO_RULE : customResources);
}

/** The kinds with a rule of their own, for the docs. */
export const ruledKinds: readonly string[] = [...RULES.keys()];
