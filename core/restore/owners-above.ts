import { itemTitle } from "#core/model/item.ts";
import type { Step } from "./bring-along.ts";
import type { Found } from "./dependencies.ts";
import { filtered, type ItemTest, type SelectedKind } from "./select.ts";

/** The objects of the backup that own those of a step. Index lines know owners by uid alone, so all of them are read. */
export async function findOwners({ backup, kinds, mayCome }: Step): Promise<readonly Found[]> {
  const owned = await namesByOwner(kinds);
  if (owned.size === 0) return [];
  const found: Found[] = [];
  for (const kind of backup.kinds) {
    const isOwner: ItemTest = (item) => owned.has(item.uid) && mayCome(item);
    for await (const batch of filtered(backup.items(kind), isOwner)) {
      found.push(...batch.map((item) => ({ item, because: `it owns ${owned.get(item.uid)}` })));
    }
  }
  return found;
}

/** By uid of an owner: one of those it owns. */
async function namesByOwner(kinds: readonly SelectedKind[]): Promise<ReadonlyMap<string, string>> {
  const owned = new Map<string, string>();
  for (const { batches } of kinds) {
    for await (const batch of batches()) {
      for (const item of batch) item.ownerUids.forEach((uid) => void owned.set(uid, itemTitle(item, item)));
    }
  }
  return owned;
}
