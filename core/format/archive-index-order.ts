import type { ItemKind } from "#core/model/item.ts";
import { groupResource } from "#core/model/item.ts";
import type { ItemKey } from "./index-entry.ts";

/** The index's order: group/resource, namespace, name, each by UTF-16 code units. */
export function compareTexts(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

export function compareKinds(left: ItemKind, right: ItemKind): number {
  return compareTexts(left.group, right.group) || compareTexts(left.resource, right.resource);
}

export function compareKeys(left: ItemKey, right: ItemKey): number {
  return compareTexts(left.namespace, right.namespace) || compareTexts(left.name, right.name);
}

export function sameKind(left: ItemKind, right: ItemKind): boolean {
  return (
    groupResource(left) === groupResource(right) &&
    left.version === right.version &&
    left.kind === right.kind &&
    left.namespaced === right.namespaced
  );
}
