import type { BackupResult } from "#core/backup/run.ts";
import type { Notice } from "#core/model/backup.ts";
import { ERRORS, type NoticeSource, noticeLines, WARNINGS } from "./notices.ts";
import { escapeControl } from "./table.ts";
import { formatBytes, formatCount, formatSpan } from "./units.ts";

/** How a backup ended: what is in it, what is not, what that means. Pure. */
export function backupText({ facts, committed }: BackupResult): string {
  const span = Date.parse(facts.finished.maker) - Date.parse(facts.started.maker);
  const complete = facts.namespaces.filter((one) => one.complete).length;
  const lines = [
    `backup/${committed.name} ${facts.phase === "Completed" ? "completed" : "partially failed"}: ${formatCount(facts.itemCount, "object")}, ${formatBytes(facts.itemBytes)} in ${formatBytes(committed.archiveBytes)}, ${formatSpan(Math.max(0, span))}`,
    `namespaces: ${complete} of ${facts.namespaces.length} complete`,
    ...(facts.secretCount === 0 ? [] : [`${formatCount(facts.secretCount, "secret")} inside, not encrypted`]),
    ...claimLines(facts),
    `location: ${committed.url}`,
  ];
  return `${lines.map(escapeControl).join("\n")}\n`;
}

/** For stderr, whatever the output: an exit code of 3 is never without its reasons. */
export function backupNotices(
  facts: NoticeSource & Pick<BackupResult["facts"], "errors" | "warnings">,
): string {
  const lines = [
    ...noticeLines(facts, { ...ERRORS, notices: facts.errors }).map((line) => `error: ${line}`),
    ...noticeLines(facts, { ...WARNINGS, notices: facts.warnings }).map((line) => `warning: ${line}`),
  ];
  return lines.map((line) => `${escapeControl(line)}\n`).join("");
}

/** Where more rights would have saved more: the command that prints them. What is beside a namespace no Role can grant. */
export function rightsHint({
  errors,
  warnings,
}: Pick<BackupResult["facts"], "errors" | "warnings">): string | undefined {
  const isRefused = (one: Notice) => one.refusedKind !== undefined;
  if (errors.some(isRefused)) return "kubectl backup rbac backup prints the rights that are needed";
  if (!warnings.some(isRefused)) return undefined;
  return "kubectl backup rbac backup --include-cluster-resources prints the rights for that too: to read all cluster-scoped kinds";
}

/** A claim whose data is not in the backup is a loss that must not be found out later. */
function claimLines(facts: BackupResult["facts"]): readonly string[] {
  const without = facts.namespaces.flatMap((one) => one.claims).filter((claim) => claim.captured === "none");
  return without.length === 0
    ? []
    : [`${formatCount(without.length, "volume claim")} without data (describe names them)`];
}

export function backupDocument({ facts, committed }: BackupResult): unknown {
  return {
    location: committed.url,
    archiveBytes: committed.archiveBytes,
    ...committed.manifest,
    phase: facts.phase,
  };
}
