import type { StoredItem } from "#core/catalog/catalog.ts";
import type { RuleFacts } from "./rule.ts";
import { isNamespace } from "./select.ts";

/** Restored under another namespace name. */
export function isRenamed(item: StoredItem, { mapNamespace }: RuleFacts): boolean {
  const own = isNamespace(item) ? item.name : item.namespace;
  return own !== "" && mapNamespace(own) !== own;
}

/** Another name or another cluster: the original may live on, and what both reach outside would have two masters. */
export function isCopy(item: StoredItem, facts: RuleFacts): boolean {
  return facts.otherCluster || isRenamed(item, facts);
}
