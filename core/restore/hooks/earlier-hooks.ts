import type { CatalogReader } from "#core/catalog/catalog.ts";
import { describeError } from "#core/model/errors.ts";
import { groupResource } from "#core/model/item.ts";
import type { HookEntry } from "#core/model/restore-journal.ts";
import type { RunContext } from "#core/model/run-context.ts";
import type { PlannedHook } from "./planned-hooks.ts";

/** A command that an earlier run of the restore has begun. */
export type EarlierHook = Pick<HookEntry, "pod" | "podUid" | "state" | "message">;

/** What earlier runs of a restore have begun in pods, from its journal: nothing of that is begun a second time. */
export interface EarlierHooks {
  of(hook: PlannedHook): readonly EarlierHook[];
  /** Why that is not known, where it is not. */
  readonly trouble?: string | undefined;
}

export const NO_EARLIER_HOOKS: EarlierHooks = { of: () => [] };

export async function readEarlierHooks(
  catalog: Pick<CatalogReader, "journal">,
  restore: string,
  context: RunContext,
): Promise<EarlierHooks> {
  const found = new Map<string, Map<string, EarlierHook>>();
  let trouble: string | undefined;
  try {
    for await (const part of catalog.journal({ restore, after: 0 }, context)) {
      trouble ??= part.trouble;
      for (const entry of part.entries) if (entry.type === "hook") note(found, entry);
    }
  } catch (error) {
    context.signal.throwIfAborted();
    trouble = describeError(error);
  }
  return {
    of: ({ kind, ...place }) => [...(found.get(keyOf({ ...kind, ...place }))?.values() ?? [])],
    trouble,
  };
}

/** The later entry of a pod says how it ended. */
function note(found: Map<string, Map<string, EarlierHook>>, entry: HookEntry): void {
  found.getOrInsertComputed(keyOf(entry), () => new Map()).set(entry.podUid, entry);
}

function keyOf(place: Pick<HookEntry, "group" | "resource" | "namespace" | "name">): string {
  return `${groupResource(place)} ${place.namespace}/${place.name}`;
}
