import type { KindInventory, OpenBackup, StoredItem } from "#core/catalog/catalog.ts";
import { groupResource, type ItemKind, kindOf } from "#core/model/item.ts";
import { kindNeverRestored } from "#core/objects/never-restored.ts";
import type { CompiledSelection } from "#core/selection/compile-selection.ts";
import { isClassified } from "./tiers.ts";

/** Items of one kind that the request means. */
export interface SelectedKind {
  readonly kind: ItemKind;
  readonly count: number;
  /** Only because something selected refers to them: created when missing, never touched when they exist. */
  readonly pulledIn: boolean;
  /** Of those that nobody selected: why an item comes. */
  readonly because?: ((item: StoredItem) => string) | undefined;
  batches(): AsyncIterable<readonly StoredItem[]>;
}

export interface Selected {
  readonly kinds: readonly SelectedKind[];
  /** Uids that selected items name as their owners. */
  readonly ownerUids: ReadonlySet<string>;
  /** Any of them says of itself when it is to come. */
  readonly isClassified: boolean;
  /** As in the backup, of the selected namespaced items. */
  readonly namespaces: ReadonlySet<string>;
  /** Kinds that no restore writes, by how many of their items were meant. */
  readonly neverRestored: readonly NeverRestored[];
}

export interface NeverRestored {
  readonly kind: ItemKind;
  readonly count: number;
  readonly reason: string;
}

/** Up to so many index lines stay in memory (about 10 MB); what is beyond is read from the index again when needed. */
const KEPT_ITEMS = 20_000;

/** As many lines as a part of the index has. */
const FULL_BATCH = 1_024;

export type ItemTest = (item: StoredItem) => boolean;

/** Whether an item of the backup is meant, by the request's words. */
export function itemTest(selection: CompiledSelection, leftOutNamespaces: ReadonlySet<string>): ItemTest {
  const takesClusterScoped = (item: StoredItem) =>
    selection.clusterScope === "all" || (selection.clusterScope === "related" && selection.isNamedKind(item));
  return (item) => {
    const namespace = isNamespace(item) ? item.name : item.namespace;
    if (leftOutNamespaces.has(namespace)) return false;
    const inScope = namespace === "" ? takesClusterScoped(item) : selection.includesNamespace(namespace);
    return inScope && selection.includesName(item, item.name) && selection.matchesLabels(item.labels);
  };
}

export function isNamespace(kind: Pick<ItemKind, "group" | "resource">): boolean {
  return kind.group === "" && kind.resource === "namespaces";
}

export interface Meant {
  readonly mayHold: (kind: KindInventory) => boolean;
  readonly includesNamespace: (name: string) => boolean;
  readonly isMeant: ItemTest;
}

/** One pass over the index lines of the kinds and namespaces that can be meant. */
export async function selectItems(
  backup: OpenBackup,
  { mayHold, includesNamespace, isMeant }: Meant,
): Promise<Selected> {
  const kinds: SelectedKind[] = [];
  const neverRestored: NeverRestored[] = [];
  const ownerUids = new Set<string>();
  const namespaces = new Set<string>();
  let classified = false;
  let room = KEPT_ITEMS;
  for (const kind of backup.kinds.filter(mayHold)) {
    const batches = () => filtered(itemsIn(backup, kind, includesNamespace), isMeant);
    const never = kindNeverRestored(kind);
    const { count, items } = await collect(batches(), never === undefined ? room : 0, (batch) => {
      if (never !== undefined) return;
      noteNames(batch, ownerUids, namespaces);
      classified ||= batch.some(({ labels }) => isClassified(labels));
    });
    if (count === 0) continue;
    if (never !== undefined) {
      neverRestored.push({ kind, count, reason: never });
      continue;
    }
    room -= items?.length ?? 0;
    kinds.push({ kind, count, pulledIn: false, batches: items === undefined ? batches : () => once(items) });
  }
  return { kinds, ownerUids, isClassified: classified, namespaces, neverRestored };
}

/** What lies in other namespaces is not even read, where that is most. */
async function* itemsIn(
  backup: OpenBackup,
  kind: KindInventory,
  includesNamespace: (name: string) => boolean,
): AsyncGenerator<readonly StoredItem[]> {
  const included = Object.keys(kind.namespaces).filter(includesNamespace);
  const count = included.reduce((sum, name) => sum + (kind.namespaces[name] ?? 0), 0);
  if (!kind.namespaced || count > kind.count / 2) {
    yield* backup.items(kind);
    return;
  }
  // Few in a namespace are no batch of their own: each is a request for a part of the archive.
  let held: StoredItem[] = [];
  for (const namespace of included.toSorted()) {
    for await (const batch of backup.items(kind, namespace)) held.push(...batch);
    if (held.length < FULL_BATCH) continue;
    yield held;
    held = [];
  }
  yield held;
}

/** Counts; `items` are all of them, where there is room for all. */
async function collect(
  batches: AsyncIterable<readonly StoredItem[]>,
  room: number,
  visit: (batch: readonly StoredItem[]) => void,
): Promise<{ readonly count: number; readonly items: readonly StoredItem[] | undefined }> {
  let items: StoredItem[] = [];
  let count = 0;
  for await (const batch of batches) {
    count += batch.length;
    visit(batch);
    if (count <= room) items.push(...batch);
    else items = [];
  }
  return { count, items: count <= room ? items : undefined };
}

function noteNames(batch: readonly StoredItem[], ownerUids: Set<string>, namespaces: Set<string>): void {
  for (const item of batch) {
    for (const uid of item.ownerUids) ownerUids.add(uid);
    if (item.namespaced) namespaces.add(item.namespace);
  }
}

export interface PullIn {
  readonly groupResource: string;
  readonly names: ReadonlySet<string>;
  readonly because: string;
}

/** Single objects of a kind, by name, that the request did not mean but needs. */
export async function pullIn(backup: OpenBackup, wanted: PullIn): Promise<readonly SelectedKind[]> {
  const found: SelectedKind[] = [];
  for (const kind of backup.kinds.filter((known) => groupResource(known) === wanted.groupResource)) {
    const items: StoredItem[] = [];
    for await (const batch of filtered(backup.items(kind), ({ name }) => wanted.names.has(name))) {
      items.push(...batch);
    }
    found.push(...oneKind(items, () => wanted.because));
  }
  return found;
}

/** Items of one kind that come although nobody selected them. */
export function oneKind(
  items: readonly StoredItem[],
  because: (item: StoredItem) => string,
): readonly SelectedKind[] {
  const [first] = items;
  if (first === undefined) return [];
  return [{ kind: kindOf(first), count: items.length, pulledIn: true, because, batches: () => once(items) }];
}

export async function* filtered(
  batches: AsyncIterable<readonly StoredItem[]>,
  isMeant: ItemTest,
): AsyncGenerator<readonly StoredItem[]> {
  for await (const batch of batches) {
    const meant = batch.filter(isMeant);
    if (meant.length > 0) yield meant;
  }
}

async function* once(items: readonly StoredItem[]): AsyncGenerator<readonly StoredItem[]> {
  yield items;
}
