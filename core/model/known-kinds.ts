import type { ItemKind } from "./item.ts";

/** Kinds that every cluster serves in this version, for requests that need no discovery. */
export const NAMESPACES: ItemKind = {
  group: "",
  version: "v1",
  resource: "namespaces",
  kind: "Namespace",
  namespaced: false,
};

export const CLAIMS: ItemKind = {
  group: "",
  version: "v1",
  resource: "persistentvolumeclaims",
  kind: "PersistentVolumeClaim",
  namespaced: true,
};

export const VOLUMES: ItemKind = {
  group: "",
  version: "v1",
  resource: "persistentvolumes",
  kind: "PersistentVolume",
  namespaced: false,
};

export const SERVICE_ACCOUNTS: ItemKind = {
  group: "",
  version: "v1",
  resource: "serviceaccounts",
  kind: "ServiceAccount",
  namespaced: true,
};

export const SERVICES: ItemKind = {
  group: "",
  version: "v1",
  resource: "services",
  kind: "Service",
  namespaced: true,
};

export const ENDPOINT_SLICES: ItemKind = {
  group: "discovery.k8s.io",
  version: "v1",
  resource: "endpointslices",
  kind: "EndpointSlice",
  namespaced: true,
};

export const CONFIG_MAPS: ItemKind = {
  group: "",
  version: "v1",
  resource: "configmaps",
  kind: "ConfigMap",
  namespaced: true,
};

export const SECRETS: ItemKind = {
  group: "",
  version: "v1",
  resource: "secrets",
  kind: "Secret",
  namespaced: true,
};

export const DEPLOYMENTS: ItemKind = {
  group: "apps",
  version: "v1",
  resource: "deployments",
  kind: "Deployment",
  namespaced: true,
};

export const WEBHOOK_CONFIGURATIONS: ItemKind = {
  group: "admissionregistration.k8s.io",
  version: "v1",
  resource: "validatingwebhookconfigurations",
  kind: "ValidatingWebhookConfiguration",
  namespaced: false,
};

export const PODS: ItemKind = {
  group: "",
  version: "v1",
  resource: "pods",
  kind: "Pod",
  namespaced: true,
};
