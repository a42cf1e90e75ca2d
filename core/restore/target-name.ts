import type { StoredItem } from "#core/catalog/catalog.ts";
import type { RuleFacts } from "./rule.ts";
import { isNamespace } from "./select.ts";
import { isSnapshotContent } from "./snapshot-contents.ts";

/** An item's name in the target: most keep theirs. */
export function targetName(
  item: StoredItem,
  { mapNamespace, snapshotContents }: Pick<RuleFacts, "mapNamespace" | "snapshotContents">,
): string {
  if (isNamespace(item)) return mapNamespace(item.name);
  const fate = isSnapshotContent(item) ? snapshotContents.get(item.name) : undefined;
  return fate?.fate === "restored" ? fate.name : item.name;
}
