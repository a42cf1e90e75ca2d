import type { CatalogReader } from "#core/catalog/catalog.ts";
import { describeError } from "#core/model/errors.ts";
import type { HookEntry } from "#core/model/restore-journal.ts";
import type { RunContext } from "#core/model/run-context.ts";
import type { DueHook } from "./hook-book.ts";

/** A command that an earlier run of the restore has begun. */
export type EarlierHook = Pick<HookEntry, "pod" | "podUid" | "state" | "message">;

/** What earlier runs of a restore have begun in pods, from its journal: nothing of that is begun a second time. */
export interface EarlierHooks {
  of(hook: DueHook): readonly EarlierHook[];
  /** Why that is not known, where it is not. */
  readonly trouble?: string | undefined;
}

export const NO_EARLIER_HOOKS: EarlierHooks = { of: () => [] };

export async function readEarlierHooks(
  catalog: Pick<CatalogReader, "journal">,
  restore: string,
  context: RunContext,
): Promise<EarlierHooks> {
  // By the uid of what the hook is of, and by that of the pod.
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
  return { of: ({ uid }) => [...(found.get(uid)?.values() ?? [])], trouble };
}

/** The later entry of a pod says how it ended. */
function note(found: Map<string, Map<string, EarlierHook>>, entry: HookEntry): void {
  found.getOrInsertComputed(entry.uid, () => new Map()).set(entry.podUid, entry);
}
