import type { StoredItem } from "#core/catalog/catalog.ts";
import { Failure } from "#core/model/errors.ts";
import { groupResource, itemTitle } from "#core/model/item.ts";
import { decideItem } from "./decide.ts";
import type { PlanDocument } from "./plan-document.ts";
import type { Prepared } from "./prepare.ts";

/**
 * Selections up to this size are read and checked whole before the first write. Compressed they are a quarter to a
 * twentieth of it; beyond, reading everything twice would take longer than it is worth.
 */
const CHECKED_BYTES = 2 * 1024 * 1024 * 1024;
const NAMED = 5;

/** Failure backup-damaged, before anything has been written, when an item that would be written is not intact. */
export async function checkContents(prepared: Prepared, signal: AbortSignal): Promise<void> {
  const damaged: string[] = [];
  let room = CHECKED_BYTES;
  for await (const unread of unreadBatches(prepared)) {
    room -= unread.reduce((sum, item) => sum + item.sizeBytes, 0);
    if (room < 0) break;
    for await (const read of prepared.contents.read(unread, signal)) {
      if (!read.ok)
        damaged.push(`${groupResource(read.item)}/${read.item.name} (${itemTitle(read.item, read.item)})`);
    }
  }
  refuseDamaged(damaged);
}

async function* unreadBatches(prepared: Prepared): AsyncGenerator<readonly StoredItem[]> {
  for (const selected of prepared.kinds) {
    for await (const batch of selected.batches()) {
      yield batch.filter((item) => isWritten(item, prepared) && !prepared.contents.has(item));
    }
  }
}

function isWritten(item: StoredItem, prepared: Prepared): boolean {
  return decideItem(item, prepared.facts).do === "write";
}

/** As the restore itself would, beside the plan that a dry run has shown. */
export function refuseDamagedPlan({ objects }: Pick<PlanDocument, "objects">): void {
  const damaged = objects.filter(({ action, reason }) => action === "fail" && reason === "damaged");
  refuseDamaged(damaged.map((one) => `${groupResource(one)}/${one.name} (${itemTitle(one, one)})`));
}

function refuseDamaged(damaged: readonly string[]): void {
  if (damaged.length === 0) return;
  const more = damaged.length > NAMED ? ` and ${damaged.length - NAMED} more` : "";
  throw new Failure(
    "backup-damaged",
    `${damaged.length} selected items are damaged: ${damaged.slice(0, NAMED).join(", ")}${more}`,
    { hint: "nothing was written to the cluster; --exclude-resources KIND/NAME restores the rest" },
  );
}
