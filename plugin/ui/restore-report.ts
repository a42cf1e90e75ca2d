import { groupResource } from "#core/model/item.ts";
import type { ItemResult } from "#core/model/restore.ts";
import { hookText, isLoss } from "#core/restore/hooks/hook-book.ts";
import type { RestoreReport } from "#core/restore/report.ts";
import { reasonPhrases } from "./reasons.ts";
import { heldText } from "./restore-plan.ts";
import { escapeControl } from "./table.ts";
import { formatCount, formatSpan } from "./units.ts";

const SHOWN = 20;

/** For stderr, whatever the output: what did not come back stands first, and exit 3 is never without its reasons. Pure. */
export function restoreNotices(report: RestoreReport): string {
  const lines = [
    ...limited(report.failed.map((item) => `failed: ${title(item)}: ${reasonOf(item)}`)),
    ...limited(
      report.notReady.map((one) => `not ready: ${one.kind} ${one.namespace}/${one.name}: ${one.why}`),
    ),
    ...limited(report.hooks.filter(isLoss).map(hookText)),
    ...report.missing.map((one) => `missing in the target: ${groupResource(one)}: ${one.message}`),
    ...report.troubles.map((trouble) => `trouble: ${trouble}`),
    ...limited(
      report.warned.flatMap((item) => item.warnings.map((warning) => `warning: ${title(item)}: ${warning}`)),
    ),
    ...report.warnings.map((warning) => `warning: ${warning}`),
    ...report.notes.map((note) => `note: ${note}`),
  ];
  return heldText(report) + lines.map((line) => `${escapeControl(line)}\n`).join("");
}

/** How a restore ended. Pure. */
export function restoreSummary(report: RestoreReport): string {
  const { created, unchanged, updated, recreated, deleted, skipped, failed } = report.counts;
  const anew = recreated === 0 ? "" : ` ${recreated} recreated,`;
  const gone = deleted === 0 ? "" : ` ${deleted} deleted,`;
  const span = Date.parse(report.finishedAt) - Date.parse(report.startedAt);
  const why = reasonPhrases(report.reasons);
  const differing = report.reasons["differs"] ?? 0;
  const lines = [
    `restore/${report.restore} ${report.complete ? "completed" : "finished with losses"} in ${formatSpan(span)}`,
    `${created} created, ${updated} updated,${anew}${gone} ${unchanged} unchanged, ${skipped} skipped, ${failed} failed`,
    ...(why.length === 0 ? [] : ["not written:", ...why.map((phrase) => `  ${phrase}`)]),
    ...(differing === 0
      ? []
      : [`${formatCount(differing, "object")} can be made as in the backup with --existing update`]),
    ...(report.leftOut.length === 0
      ? []
      : [`left out, another cluster has its own: ${report.leftOut.join(", ")}`]),
    ...reachesLines(report),
    ...mentionsLines(report),
    ...report.neverRestored.map(
      ({ resource, count, reason }) => `never restored: ${count} ${resource} (${reason})`,
    ),
    ...hooksLines(report),
    ...(report.notWaited === undefined ? [] : [`not waited for readiness: ${report.notWaited}`]),
    `report: ${report.storedAt}`,
  ];
  return lines.map((line) => `${escapeControl(line)}\n`).join("");
}

/** Those that are a loss stand above already. */
function hooksLines({ hooks }: RestoreReport): readonly string[] {
  if (hooks.length === 0) return [];
  const count = (wanted: string) => hooks.filter(({ result }) => result === wanted).length;
  const idle = hooks.filter((end) => end.result !== "ran" && !isLoss(end));
  return [
    `hooks: ${count("ran")} ran, ${count("failed")} failed, ${count("not-run")} not run`,
    ...limited(idle.map((end) => `  ${hookText(end)}`)),
  ];
}

function reachesLines({ reaches }: RestoreReport): readonly string[] {
  if (reaches.length === 0) return [];
  const lines = reaches.map((one) => `  ${title(one)} ${one.message}${one.withheld ? " (withheld)" : ""}`);
  return ["reaching outside the cluster:", ...limited(lines)];
}

function mentionsLines({ mentions }: RestoreReport): readonly string[] {
  if (mentions.length === 0) return [];
  const lines = mentions.map((one) => `  ${title(one)}: ${one.text}`);
  return ["still speaking of a namespace by its old name:", ...limited(lines)];
}

function title(item: Pick<ItemResult, "group" | "resource" | "namespace" | "name">): string {
  return `${groupResource(item)} ${item.namespace === "" ? "" : `${item.namespace}/`}${item.name}`;
}

function reasonOf(item: ItemResult): string {
  return "message" in item.outcome ? item.outcome.message : "";
}

function limited(lines: readonly string[]): readonly string[] {
  if (lines.length <= SHOWN) return lines;
  return [...lines.slice(0, SHOWN), `… and ${lines.length - SHOWN} more, all in the report`];
}
