import { z } from "zod";
import type { ItemKind } from "#core/model/item.ts";

/** One JSON line of the index: what an item is and where its bytes lie. Keys are short words, one line per item. */
export const indexEntry = z.object({
  group: z.string(),
  version: z.string(),
  resource: z.string(),
  kind: z.string(),
  namespaced: z.boolean(),
  /** "" for cluster-scoped objects. */
  namespace: z.string(),
  name: z.string(),
  uid: z.string(),
  resourceVersion: z.string(),
  generation: z.number().optional(),
  labels: z.record(z.string(), z.string()),
  ownerUids: z.array(z.string()),
  /** The object had a deletionTimestamp. */
  terminating: z.boolean(),
  /** Offset and length of the gzip member in the archive file. */
  member: z.tuple([z.number().int().nonnegative(), z.number().int().positive()]),
  /** Offset and length of the item's bytes in the uncompressed member, after the tar header. */
  range: z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]),
  sha256: z.string(),
});
export type IndexEntry = z.infer<typeof indexEntry> & ItemKind;

/** Counts per kind, from the index's table: enough to list what is inside without reading the lines. */
export interface KindCount extends ItemKind {
  readonly count: number;
  /** "" counts cluster-scoped objects. */
  readonly namespaces: Readonly<Record<string, number>>;
}
