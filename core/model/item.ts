/** The kind of an item as the API server serves it: one URL segment and one apiVersion. */
export interface ItemKind {
  /** "" for the core group. */
  readonly group: string;
  readonly version: string;
  /** Lower-case plural, as in URLs. */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** What is read from an item's metadata without parsing the rest. */
export interface ItemHeader {
  /** "" for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly owners: readonly OwnerReference[];
  readonly deletionTimestamp?: string | undefined;
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** Without what an inventory, an index line or a served resource knows beyond the kind. */
export function kindOf({ group, version, resource, kind, namespaced }: ItemKind): ItemKind {
  return { group, version, resource, kind, namespaced };
}

/** `pods` or `deployments.apps`: how kubectl, Velero and the archive name a kind. */
export function groupResource(kind: Pick<ItemKind, "group" | "resource">): string {
  return kind.group === "" ? kind.resource : `${kind.resource}.${kind.group}`;
}

/** `v1` or `apps/v1`. */
export function apiVersion(kind: Pick<ItemKind, "group" | "version">): string {
  return kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
}

/** `deployments.apps shop/web`: how an item is named in every message and report. */
export function itemTitle(
  kind: Pick<ItemKind, "group" | "resource">,
  item: { namespace: string; name: string },
): string {
  return `${groupResource(kind)} ${item.namespace === "" ? "" : `${item.namespace}/`}${item.name}`;
}
