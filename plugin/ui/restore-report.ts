import { groupResource } from "#core/model/item.ts";
import type { ItemResult } from "#core/model/restore.ts";
import type { RestoreReport } from "#core/restore/report.ts";
import { heldText } from "./restore-plan.ts";
import { escapeControl } from "./table.ts";
import { formatSpan } from "./units.ts";

/** How a restore ended; what did not come back stands first. Pure. */
const SHOWN = 20;

export function restoreReportText(report: RestoreReport): string {
  const lines = [
    ...limited(report.failed.map((item) => `failed: ${title(item)}: ${reasonOf(item)}`)),
    ...limited(
      report.notReady.map((one) => `not ready: ${one.kind} ${one.namespace}/${one.name}: ${one.why}`),
    ),
    ...report.missing.map((one) => `missing in the target: ${groupResource(one)}: ${one.message}`),
    ...report.troubles.map((trouble) => `trouble: ${trouble}`),
    ...limited(
      report.warned.flatMap((item) => item.warnings.map((warning) => `warning: ${title(item)}: ${warning}`)),
    ),
    ...report.warnings.map((warning) => `warning: ${warning}`),
    ...report.notes.map((note) => `note: ${note}`),
    ...(report.leftOut.length === 0
      ? []
      : [`left out, another cluster has its own: ${report.leftOut.join(", ")}`]),
    ...(report.notWaited === undefined ? [] : [`not waited for readiness: ${report.notWaited}`]),
    summaryLine(report),
    `report: ${report.storedAt}`,
  ];
  return `${heldText(report)}${lines.map(escapeControl).join("\n")}\n`;
}

function summaryLine(report: RestoreReport): string {
  const { created, unchanged, updated, skipped, failed } = report.counts;
  const reasons = Object.entries(report.reasons).map(([reason, count]) => `${count} ${reason}`);
  const why = reasons.length === 0 ? "" : ` (${reasons.join(", ")})`;
  const span = Date.parse(report.finishedAt) - Date.parse(report.startedAt);
  const differs =
    report.differing.length === 0 ? "" : "; --existing update would make those that differ as they were";
  return `restore/${report.restore} ${report.complete ? "completed" : "finished with losses"} in ${formatSpan(span)}: ${created} created, ${updated} updated, ${unchanged} unchanged, ${skipped} skipped, ${failed} failed${why}${differs}`;
}

function title(item: ItemResult): string {
  return `${groupResource(item)} ${item.namespace === "" ? "" : `${item.namespace}/`}${item.name}`;
}

function reasonOf(item: ItemResult): string {
  return "message" in item.outcome ? item.outcome.message : "";
}

function limited(lines: readonly string[]): readonly string[] {
  if (lines.length <= SHOWN) return lines;
  return [...lines.slice(0, SHOWN), `… and ${lines.length - SHOWN} more, all in the report`];
}
