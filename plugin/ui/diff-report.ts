import type { DiffReport, FoundObject } from "#core/diff/findings.ts";
import { groupResource } from "#core/model/item.ts";
import { escapeControl, renderTable } from "./table.ts";
import { formatCount } from "./units.ts";

/** What diff shows: one line per object, the fields with -o wide. Pure. */
export function diffText(report: DiffReport, wide: boolean): string {
  const rows = [
    ...report.missing.map((one) => [...objectCells(one), "only in the backup", ""]),
    ...report.extra.map((one) => [...objectCells(one), "only in the cluster", ""]),
    ...report.different.map((one) => [...objectCells(one), "different", one.paths.join(" ")]),
  ];
  const header = ["KIND", "NAMESPACE", "NAME", "DIFFERENCE"];
  const table = wide
    ? renderTable([...header, "FIELDS"], rows)
    : renderTable(
        header,
        rows.map((row) => row.slice(0, 4)),
      );
  const troubles = report.troubles.map((one) => `not compared: ${escapeControl(one.message)}\n`).join("");
  const total = `${formatCount(report.same, "object")} the same, ${report.different.length} different, ${report.missing.length} only in the backup, ${report.extra.length} only in the cluster\n`;
  return `${rows.length === 0 ? "" : table}${troubles}${total}`;
}

function objectCells(one: FoundObject): readonly string[] {
  return [groupResource(one), one.namespace, one.name];
}
