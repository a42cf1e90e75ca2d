import type { StoredItem } from "#core/catalog/catalog.ts";
import { type ExactObject, isExactObject, parseExactBytes } from "#core/objects/exact-json.ts";
import type { Contents } from "./contents.ts";
import type { SelectedKind } from "./select.ts";

export interface ParsedItem {
  readonly item: StoredItem;
  readonly object: ExactObject;
}

/** The objects of these kinds; damaged ones are left out: the check before the first write names them. */
export async function* eachParsed(
  contents: Contents,
  kinds: readonly Pick<SelectedKind, "batches">[],
  signal: AbortSignal,
): AsyncGenerator<ParsedItem> {
  for (const { batches } of kinds) {
    for await (const batch of batches()) yield* parsed(contents, batch, signal);
  }
}

async function* parsed(
  contents: Contents,
  batch: readonly StoredItem[],
  signal: AbortSignal,
): AsyncGenerator<ParsedItem> {
  for await (const read of contents.read(batch, signal)) {
    const object = read.ok ? parseExactBytes(read.bytes) : undefined;
    if (isExactObject(object)) yield { item: read.item, object };
  }
}
