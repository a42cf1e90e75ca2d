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
