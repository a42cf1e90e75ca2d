import { Failure } from "#core/model/errors.ts";
import type { ObjectInfo, ObjectReader } from "#core/storage/object-store.ts";

export interface ReadWholeOptions {
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** A small object's bytes; Failure backup-damaged when it is larger than anything honest. */
export async function readWhole(
  store: ObjectReader,
  object: Pick<ObjectInfo, "key">,
  { maxBytes, signal }: ReadWholeOptions,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of store.get(object.key, { signal })) {
    size += chunk.length;
    if (size > maxBytes) {
      throw new Failure("backup-damaged", `${object.key} is larger than ${maxBytes} bytes`);
    }
    // Stores may reuse a chunk once the next is asked for.
    chunks.push(Uint8Array.from(chunk));
  }
  return Buffer.concat(chunks);
}
