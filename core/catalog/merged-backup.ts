import { groupResource, type ItemKind, kindOf } from "#core/model/item.ts";
import type { BackupSummary, KindInventory, OpenBackup, ReadItem, StoredItem } from "./catalog.ts";

/** Several small backups as one; of an item that several hold the first one's counts. */
export class MergedBackup implements OpenBackup {
  readonly summary: BackupSummary;
  readonly manifest = undefined;
  readonly notices = [];
  readonly foreignVolumes = [];
  readonly #items = new Map<string, { readonly item: StoredItem; readonly from: OpenBackup }>();

  constructor(summary: BackupSummary) {
    this.summary = summary;
  }

  async add(from: OpenBackup): Promise<void> {
    for (const kind of from.kinds) {
      for await (const batch of from.items(kind)) {
        for (const item of batch) {
          const key = keyOf(item);
          if (!this.#items.has(key)) this.#items.set(key, { item, from });
        }
      }
    }
  }

  get kinds(): readonly KindInventory[] {
    const groups = Map.groupBy(this.#all(), (item) => `${groupResource(item)} ${item.version}`);
    return [...groups.values()].flatMap((items) => {
      const [first] = items;
      if (first === undefined) return [];
      const counted = Map.groupBy(items, ({ namespace }) => namespace);
      const namespaces = Object.fromEntries([...counted].map(([name, list]) => [name, list.length]));
      return [{ ...kindOf(first), count: items.length, namespaces }];
    });
  }

  async *items(kind: ItemKind, namespace?: string): AsyncGenerator<readonly StoredItem[]> {
    const found = this.#all().filter(
      (item) =>
        groupResource(item) === groupResource(kind) &&
        item.version === kind.version &&
        (namespace === undefined || item.namespace === namespace),
    );
    if (found.length > 0) yield found.sort((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1));
  }

  async *read(items: readonly StoredItem[], signal: AbortSignal): AsyncGenerator<ReadItem> {
    const groups = Map.groupBy(items, (item) => this.#items.get(keyOf(item))?.from);
    for (const [from, group] of groups) if (from !== undefined) yield* from.read(group, signal);
  }

  async close(): Promise<void> {}

  #all(): StoredItem[] {
    return [...this.#items.values()].map(({ item }) => item);
  }
}

function keyOf(item: StoredItem): string {
  return `${groupResource(item)} ${item.namespace}/${item.name}`;
}
