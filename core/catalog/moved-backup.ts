import type { KindInventory, OpenBackup, ReadItem, StoredItem } from "#core/catalog/catalog.ts";
import { groupResource, type ItemKind } from "#core/model/item.ts";
import { isExactObject, parseExactBytes, stringifyExact } from "#core/objects/exact-json.ts";
import { inNewGroup, movedKind } from "#core/objects/versions/extensions-group.ts";

/** A kind of the backup whose objects are presented as another's. */
interface Move {
  readonly from: KindInventory;
  readonly to: ItemKind;
  /** `namespace/name` of objects that the backup holds under their new kind too. */
  readonly twins: ReadonlySet<string>;
}

/** The backup with its objects in the groups that have them today. The very same where that changes nothing. */
export async function withKindsMoved(backup: OpenBackup): Promise<OpenBackup> {
  const moves: Move[] = [];
  for (const from of backup.kinds) {
    const to = movedKind(from);
    if (to !== undefined) moves.push({ from, to, twins: await placesOf(backup, to) });
  }
  if (moves.length === 0) return backup;
  const kinds = new Map(backup.kinds.filter((kind) => movedKind(kind) === undefined).map(keyed));
  for (const move of moves) {
    const key = keyOf(move.to);
    const inventory = await inventoryOf(backup, move, kinds.get(key));
    if (inventory.count > 0) kinds.set(key, inventory);
  }
  return presentMoved(backup, moves, [...kinds.values()]);
}

/** One storage held both, so one place is one object, also where it was made anew between two reads. */
async function placesOf(backup: OpenBackup, to: ItemKind): Promise<ReadonlySet<string>> {
  const places = new Set<string>();
  for (const kind of backup.kinds.filter((known) => groupResource(known) === groupResource(to))) {
    for await (const batch of backup.items(kind)) for (const item of batch) places.add(placeOf(item));
  }
  return places;
}

/** Of the new kind: what the backup holds of it, and what comes to it. */
async function inventoryOf(
  backup: OpenBackup,
  move: Move,
  own: KindInventory | undefined,
): Promise<KindInventory> {
  const namespaces: Record<string, number> = { ...own?.namespaces };
  let count = own?.count ?? 0;
  for await (const batch of singles(backup, move)) {
    for (const { namespace } of batch) namespaces[namespace] = (namespaces[namespace] ?? 0) + 1;
    count += batch.length;
  }
  return { ...move.to, count, namespaces };
}

/** What the backup holds under the former kind only. */
async function* singles(
  backup: OpenBackup,
  { from, twins }: Move,
  namespace?: string,
): AsyncGenerator<readonly StoredItem[]> {
  for await (const batch of backup.items(from, namespace)) {
    const left = batch.filter((item) => !twins.has(placeOf(item)));
    if (left.length > 0) yield left;
  }
}

function presentMoved(
  backup: OpenBackup,
  moves: readonly Move[],
  kinds: readonly KindInventory[],
): OpenBackup {
  const originals = new WeakMap<StoredItem, StoredItem>();
  const rename = (original: StoredItem, { group, version }: ItemKind): StoredItem => {
    const item = { ...original, group, version };
    originals.set(item, original);
    return item;
  };
  const own = new Set(backup.kinds.map(keyOf));
  return {
    summary: backup.summary,
    manifest: backup.manifest,
    manifestSha256: backup.manifestSha256,
    notices: backup.notices,
    foreignVolumes: backup.foreignVolumes,
    kinds,
    async *items(kind, namespace) {
      const key = keyOf(kind);
      if (own.has(key)) yield* backup.items(kind, namespace);
      const move = moves.find(({ to }) => keyOf(to) === key);
      if (move === undefined) return;
      for await (const batch of singles(backup, move, namespace))
        yield batch.map((item) => rename(item, move.to));
    },
    async *read(items, signal) {
      const asked = new Map(items.map((item) => [originals.get(item) ?? item, item]));
      for await (const read of backup.read([...asked.keys()], signal)) {
        yield presented(read, asked.get(read.item) ?? read.item);
      }
    },
    close: () => backup.close(),
  };
}

function presented(read: ReadItem, item: StoredItem): ReadItem {
  if (item === read.item) return read;
  const object = read.ok ? parseExactBytes(read.bytes) : undefined;
  if (!isExactObject(object)) return { ...read, item };
  return { ok: true, item, bytes: Buffer.from(stringifyExact(inNewGroup(object, item))) };
}

function placeOf({ namespace, name }: StoredItem): string {
  return `${namespace}/${name}`;
}

function keyOf(kind: ItemKind): string {
  return `${groupResource(kind)} ${kind.version}`;
}

function keyed(kind: KindInventory): readonly [string, KindInventory] {
  return [keyOf(kind), kind];
}
