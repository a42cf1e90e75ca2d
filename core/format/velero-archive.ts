import type { ItemHeader, ItemKind } from "#core/model/item.ts";
import type { ReadHeader } from "./index-entry.ts";

export interface ForeignItem {
  readonly kind: ItemKind;
  readonly header: ItemHeader;
  readonly bytes: Uint8Array;
}

/** An item, or what lies in the archive and cannot be read. */
export type ForeignEntry = ForeignItem | { readonly notice: string };

export interface ForeignOptions {
  readonly readHeader: ReadHeader;
  readonly signal: AbortSignal;
}
// export function readVeleroArchive(chunks: AsyncIterable<Uint8Array>, options: ForeignOptions): AsyncIterable<ForeignEntry>
