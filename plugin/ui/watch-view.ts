import { itemTitle } from "#core/model/item.ts";
import type { OnProgress } from "#core/model/progress.ts";
import type { HookEntry, JournalEntry } from "#core/model/restore-journal.ts";
import type { FollowedEvent } from "#core/restore/follow-restore.ts";
import type { App } from "#plugin/app.ts";
import { openProgress } from "./progress.ts";
import { restoreDetails, restoreDocument } from "./restore-list.ts";

export interface WatchView {
  show(event: FollowedEvent): void;
  close(): void;
}

/** A restore that another process carries out: as progress, or each event as a line of JSON. */
export function openWatchView(app: App, asJson: boolean): WatchView {
  return asJson ? jsonView(app) : progressView(app);
}

function jsonView(app: App): WatchView {
  const line = (document: unknown) => app.stdout.write(`${JSON.stringify(document)}\n`);
  return {
    show: (event) => {
      if (event.type === "entry") line(event.entry);
      else if (event.type === "over") line({ type: "over", restore: restoreDocument(event.restore) });
      else line(event);
    },
    close: () => undefined,
  };
}

const PHASE = "restore";

function progressView(app: App): WatchView {
  const progress = openProgress(app);
  const seen = new Set<string>();
  return {
    show: (event) => {
      if (event.type === "entry") showEntry(event.entry, seen, progress.onProgress);
      if (event.type === "unreadable")
        progress.onProgress({
          type: "warned",
          message: `part ${event.part} of the journal cannot be read (${event.why}): what it tells is not shown`,
        });
      if (event.type !== "over") return;
      progress.onProgress({ type: "phase-ended", phase: PHASE, done: seen.size });
      progress.close();
      if (!app.quiet) app.stdout.write(restoreDetails(event.restore, app.now()));
    },
    close: progress.close,
  };
}

/** `seen`: the items that have ended in the run that is shown. */
function showEntry(entry: JournalEntry, seen: Set<string>, tell: OnProgress): void {
  if (entry.type === "run") {
    // One that goes on with an earlier one goes through all items again.
    seen.clear();
    tell({ type: "phase-started", phase: PHASE, total: entry.total });
  }
  if (entry.type === "item") showItem(entry, seen, tell);
  if (entry.type === "hook" && entry.state === "failed") tell({ type: "warned", message: hookText(entry) });
  if (entry.type === "phase")
    tell({ type: "phase-advanced", phase: PHASE, done: seen.size, note: entry.phase });
  if (entry.type === "broke-off") tell({ type: "warned", message: `the restore broke off: ${entry.why}` });
}

function hookText(entry: HookEntry): string {
  return `hook of ${itemTitle(entry, entry)} (pod ${entry.pod}, container ${entry.container}) failed: ${entry.message ?? ""}`;
}

type ItemEntry = Extract<JournalEntry, { type: "item" }>;

function showItem(entry: ItemEntry, seen: Set<string>, tell: OnProgress): void {
  seen.add(itemTitle(entry, entry));
  tell({ type: "phase-advanced", phase: PHASE, done: seen.size });
  const { result, message, reason } = entry.outcome;
  if (result === "failed")
    tell({ type: "warned", message: `failed: ${itemTitle(entry, entry)}: ${message ?? reason ?? ""}` });
}
