import { labelKeys } from "#core/model/annotations.ts";
import type { ItemHeader } from "#core/model/item.ts";

/** Its label keeps it out of backups; a Namespace's, all that lies in it. */
export function isExcluded(header: Pick<ItemHeader, "labels"> | undefined): boolean {
  return header?.labels[labelKeys.excludeFromBackup] === "true";
}
