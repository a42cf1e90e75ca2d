import type { WatchLines } from "./watch-lines.ts";
import type { WatchLine } from "./watch-scanner.ts";

export interface ChangeCounter {
  /** Ends the watch and tells the changes seen: a lower bound, since a watch that broke counts no further. */
  close(): number;
}

/** Goes on reading a watch in the background, where only numbers are kept. */
export function countChanges(
  lines: WatchLines,
  from: { readonly first: readonly WatchLine[]; readonly stop: AbortController },
): ChangeCounter {
  let changes = 0;
  let open = true;
  const count = (events: readonly WatchLine[]) => {
    for (const { type } of events) if (open && type !== "BOOKMARK" && type !== "ERROR") changes++;
  };
  count(from.first);
  const read = async () => {
    for (let events = await lines.next(); events !== undefined; events = await lines.next()) count(events);
  };
  // However the watch ends, what was counted stands.
  read().catch(() => undefined);
  return {
    close() {
      open = false;
      from.stop.abort();
      lines.close();
      return changes;
    },
  };
}
