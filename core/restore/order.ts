import { groupResource, type ItemKind } from "#core/model/item.ts";
import { makesPods } from "./pod-specs.ts";

/**
 * Kinds are created in lanes that run side by side; a lane starts when those it names have ended. Barriers stand only
 * where the server demands them or where data or running pods would suffer:
 * a namespace before what lies in it · definitions before their objects · roles before what binds them (a caller
 * without all rights is refused otherwise) · accounts before configuration (the server deletes a token Secret at once
 * whose account is not there) · claims before StatefulSets, which would make empty ones · configuration, accounts,
 * classes and network policies before anything that starts pods (an optional reference that is not there yet starts a
 * pod without it) · ReplicaSets and pods before the Deployments that adopt them · autoscalers and budgets
 * after what they govern · webhooks, admission policies and APIServices after everything they could break, later steps included · quotas
 * last, since they would refuse what was there before them.
 * Services wait for namespaces alone and nothing but the last lanes waits for them: the server creates about 60/s
 * whatever one does, since it allocates addresses one by one.
 */
export type LaneName =
  | "namespaces"
  | "definitions"
  | "classes"
  | "volumes"
  | "claims"
  | "services"
  | "accounts"
  | "roles"
  | "bindings"
  | "configuration"
  | "custom"
  | "pods"
  | "workloads"
  | "governors"
  | "children"
  | "gates"
  | "quotas";

export interface Lane {
  readonly name: LaneName;
  readonly after: readonly LaneName[];
  /** Own requests in flight, beside the shared limit. */
  readonly inFlight?: number | undefined;
}

const BEFORE_PODS = ["classes", "claims", "accounts", "configuration", "bindings"] as const;

export const LANES: readonly Lane[] = [
  { name: "namespaces", after: [] },
  { name: "definitions", after: [] },
  { name: "classes", after: [] },
  { name: "volumes", after: ["classes"] },
  { name: "services", after: ["namespaces"], inFlight: 8 },
  { name: "accounts", after: ["namespaces"] },
  { name: "configuration", after: ["accounts"] },
  { name: "claims", after: ["namespaces", "volumes"] },
  { name: "roles", after: ["namespaces"] },
  { name: "bindings", after: ["roles", "accounts"] },
  { name: "custom", after: ["namespaces", "definitions", "configuration"] },
  { name: "pods", after: [...BEFORE_PODS] },
  { name: "workloads", after: ["pods"] },
  { name: "governors", after: ["workloads"] },
  { name: "children", after: ["custom", "governors"] },
  { name: "gates", after: ["services", "children"] },
  { name: "quotas", after: ["gates"] },
];

const LANE_OF: ReadonlyMap<string, LaneName> = new Map([
  ["namespaces", "namespaces"],
  ["customresourcedefinitions.apiextensions.k8s.io", "definitions"],
  ["storageclasses.storage.k8s.io", "classes"],
  ["volumeattributesclasses.storage.k8s.io", "classes"],
  ["csidrivers.storage.k8s.io", "classes"],
  ["priorityclasses.scheduling.k8s.io", "classes"],
  ["runtimeclasses.node.k8s.io", "classes"],
  ["ingressclasses.networking.k8s.io", "classes"],
  ["gatewayclasses.gateway.networking.k8s.io", "classes"],
  ["deviceclasses.resource.k8s.io", "classes"],
  ["persistentvolumes", "volumes"],
  ["persistentvolumeclaims", "claims"],
  ["services", "services"],
  ["serviceaccounts", "accounts"],
  ["roles.rbac.authorization.k8s.io", "roles"],
  ["clusterroles.rbac.authorization.k8s.io", "roles"],
  ["rolebindings.rbac.authorization.k8s.io", "bindings"],
  ["clusterrolebindings.rbac.authorization.k8s.io", "bindings"],
  ["secrets", "configuration"],
  ["configmaps", "configuration"],
  ["networkpolicies.networking.k8s.io", "configuration"],
  ["limitranges", "governors"],
  ["pods", "pods"],
  ["replicasets.apps", "pods"],
  ["poddisruptionbudgets.policy", "governors"],
  ["horizontalpodautoscalers.autoscaling", "governors"],
  ["apiservices.apiregistration.k8s.io", "gates"],
  ["validatingwebhookconfigurations.admissionregistration.k8s.io", "gates"],
  ["mutatingwebhookconfigurations.admissionregistration.k8s.io", "gates"],
  ["validatingadmissionpolicies.admissionregistration.k8s.io", "gates"],
  ["validatingadmissionpolicybindings.admissionregistration.k8s.io", "gates"],
  ["mutatingadmissionpolicies.admissionregistration.k8s.io", "gates"],
  ["mutatingadmissionpolicybindings.admissionregistration.k8s.io", "gates"],
  // Argo CD would begin to reconcile over what is being restored.
  ["applications.argoproj.io", "gates"],
  ["applicationsets.argoproj.io", "gates"],
  ["resourcequotas", "quotas"],
]);

/** The kinds that have a place of their own in the order, for the docs. */
export const orderedKinds: readonly string[] = [...LANE_OF.keys()];

export function laneOf(kind: Pick<ItemKind, "group" | "resource">): LaneName {
  return LANE_OF.get(groupResource(kind)) ?? (makesPods(kind) ? "workloads" : "custom");
}

/**
 * Objects that belong to others are best created after them: their owner's new uid then stands in the very request
 * that creates them, and no second one is needed. Not so where something waits for them or they start by themselves.
 * All these lanes end before that of the children.
 */
const CAN_COME_LATE: ReadonlySet<LaneName> = new Set([
  "configuration",
  "roles",
  "bindings",
  "custom",
  "governors",
]);

export function canComeLate(kind: Pick<ItemKind, "group" | "resource">): boolean {
  return CAN_COME_LATE.has(laneOf(kind));
}
