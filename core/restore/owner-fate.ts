import type { StoredItem } from "#core/catalog/catalog.ts";
import type { OwnerFate, RuleFacts, Skip } from "./rule.ts";

/** How the first selected owner of an item fares; undefined: none of its owners is selected. */
export function ownerFate(item: StoredItem, facts: RuleFacts): OwnerFate | undefined {
  for (const uid of item.ownerUids) {
    const fate = facts.owners.get(uid);
    if (fate !== undefined) return fate;
  }
  return undefined;
}

const MADE_BY_OWNER: Skip = { reason: "controller-made", message: "its owner is selected too, and makes it" };

/** For kinds that a controller makes from its own object. */
export function skipWithOwner(item: StoredItem, facts: RuleFacts): Skip | undefined {
  return ownerFate(item, facts) === undefined ? undefined : MADE_BY_OWNER;
}
