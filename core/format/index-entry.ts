import type { ItemHeader, ItemKind } from "#core/model/item.ts";

/**
 * One JSON line of the index: what an item is and where its bytes lie (the line has offset and size as a pair, `range`). A plain interface: lines are checked by hand
 * (archive-index-line.ts), since a schema library takes longer over 100,000 lines than reading them.
 */
export interface IndexEntry extends ItemKind {
  /** "" for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly ownerUids: readonly string[];
  /** The object had a deletionTimestamp. */
  readonly terminating: boolean;
  /** Where the item's bytes begin in the uncompressed member, after the tar header. */
  readonly offset: number;
  readonly sizeBytes: number;
  /** Of the item's bytes, lower-case hex. */
  readonly sha256: string;
  /** Offset and length of the gzip member in the archive file. */
  readonly member: readonly [offset: number, length: number];
}

export interface ItemKey {
  readonly namespace: string;
  readonly name: string;
}

/** Counts per kind, from the index's table: enough to list what is inside without reading the lines. */
export interface KindCount extends ItemKind {
  readonly count: number;
  /** "" counts cluster-scoped objects. */
  readonly namespaces: Readonly<Record<string, number>>;
}

/**
 * Reads what an object's bytes say of themselves; throws when they are not one object. Given from outside, since
 * format knows tar and gzip but not Kubernetes objects (core/objects/item-header.ts is the one in use).
 */
export type ReadHeader = (
  bytes: Uint8Array,
) => ItemHeader & { readonly apiVersion: string; readonly kind: string };

/** "" for `v1`, `apps` for `apps/v1`. */
export function groupOf(apiVersion: string): string {
  return apiVersion.slice(0, Math.max(0, apiVersion.indexOf("/")));
}
