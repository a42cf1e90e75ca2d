import type { KindInventory, OpenBackup, StoredItem } from "#core/catalog/catalog.ts";
import { groupResource, type ItemKind, kindOf } from "#core/model/item.ts";

/** An open backup of these items, in one batch for each kind and version; one without an object is damaged. */
export function backupHolding(
  items: readonly StoredItem[],
  objectOf: (item: StoredItem) => object | undefined,
): OpenBackup {
  const byKind = Map.groupBy(items, keyOf);
  return {
    // Nothing of it is looked at.
    summary: {} as OpenBackup["summary"],
    manifest: undefined,
    manifestSha256: "digest",
    notices: [],
    foreignVolumes: [],
    kinds: [...byKind.values()].flatMap(inventoryOf),
    async *items(kind, namespace) {
      const all = byKind.get(keyOf(kind));
      if (all === undefined) throw new Error(`it holds no ${keyOf(kind)}`);
      yield all.filter((item) => namespace === undefined || item.namespace === namespace);
    },
    async *read(asked) {
      if (asked.some((item) => !items.includes(item))) throw new Error("not an item of this backup");
      for (const item of asked) {
        const object = objectOf(item);
        yield object === undefined
          ? { ok: false, item, message: "a bit flipped" }
          : { ok: true, item, bytes: Buffer.from(JSON.stringify(object)) };
      }
    },
    close: async () => undefined,
  };
}

function keyOf(kind: ItemKind): string {
  return `${groupResource(kind)}/${kind.version}`;
}

function inventoryOf(items: readonly StoredItem[]): readonly KindInventory[] {
  const [first] = items;
  if (first === undefined) return [];
  const counted = Map.groupBy(items, ({ namespace }) => namespace);
  const namespaces = Object.fromEntries([...counted].map(([name, list]) => [name, list.length]));
  return [{ ...kindOf(first), count: items.length, namespaces }];
}
