import type { OpenBackup, ReadItem, StoredItem } from "#core/catalog/catalog.ts";
import { groupResource } from "#core/model/item.ts";

/** Items' bytes up to so much stay in memory, so that a small restore reads its backup once. */
const KEPT_BYTES = 64 * 1024 * 1024;

export interface Contents {
  /** As OpenBackup.read. What has been read before comes from memory; what is new stays there while there is room. */
  read(items: readonly StoredItem[], signal: AbortSignal): AsyncIterable<ReadItem>;
  /** The same for the last time: memory is given back as it goes. */
  take(items: readonly StoredItem[], signal: AbortSignal): AsyncIterable<ReadItem>;
  has(item: StoredItem): boolean;
}

export function openContents(backup: OpenBackup): Contents {
  const kept = new Map<string, Uint8Array>();
  let keptBytes = 0;
  const keep = (read: ReadItem): void => {
    if (!read.ok || keptBytes + read.bytes.length > KEPT_BYTES) return;
    keptBytes += read.bytes.length;
    // A copy: the bytes may be a view on a whole archive member.
    kept.set(keyOf(read.item), read.bytes.slice());
  };
  const drop = (item: StoredItem): void => {
    keptBytes -= kept.get(keyOf(item))?.length ?? 0;
    kept.delete(keyOf(item));
  };
  async function* pass(
    items: readonly StoredItem[],
    signal: AbortSignal,
    after: (read: ReadItem) => void,
  ): AsyncGenerator<ReadItem> {
    const others: StoredItem[] = [];
    for (const item of items) {
      const bytes = kept.get(keyOf(item));
      if (bytes === undefined) others.push(item);
      else yield { ok: true, item, bytes };
    }
    if (others.length === 0) return;
    for await (const read of backup.read(others, signal)) {
      after(read);
      yield read;
    }
  }
  return {
    read: (items, signal) => pass(items, signal, keep),
    async *take(items, signal) {
      for await (const read of pass(items, signal, () => undefined)) {
        drop(read.item);
        yield read;
      }
    },
    has: (item) => kept.has(keyOf(item)),
  };
}

function keyOf(item: StoredItem): string {
  return `${groupResource(item)} ${item.namespace}/${item.name}`;
}
