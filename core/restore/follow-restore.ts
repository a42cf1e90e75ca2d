import type { CatalogReader, StoredRestore } from "#core/catalog/catalog.ts";
import { sleep } from "#core/flow/sleep.ts";
import type { JournalEntry, JournalPart } from "#core/model/restore-journal.ts";
import type { RunContext } from "#core/model/run-context.ts";

/** A part a second is what a restore writes. */
const LOOK_AGAIN_MS = 1_000;

export type FollowedEvent =
  | { readonly type: "entry"; readonly entry: JournalEntry }
  | { readonly type: "unreadable"; readonly part: number; readonly why: string }
  | { readonly type: "over"; readonly restore: StoredRestore };

/** A restore's journal from its beginning, and on as it grows, until the restore has ended or broken off. */
export async function* followRestore(
  catalog: Pick<CatalogReader, "findRestore" | "journal">,
  name: string,
  context: RunContext,
): AsyncGenerator<FollowedEvent> {
  let after = 0;
  for (;;) {
    // Asked for first: what it wrote before it ended is stored by then.
    const restore = await catalog.findRestore(name, context);
    for await (const part of catalog.journal({ restore: name, after }, context)) {
      after = part.number;
      yield* eventsOf(part);
    }
    if (restore.status !== "Running") return yield { type: "over", restore };
    await sleep(LOOK_AGAIN_MS, context.signal);
  }
}

function* eventsOf({ number, entries, trouble }: JournalPart): Generator<FollowedEvent> {
  if (trouble !== undefined) yield { type: "unreadable", part: number, why: trouble };
  for (const entry of entries) yield { type: "entry", entry };
}
