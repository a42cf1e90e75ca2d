import type { GuardStatus } from "#core/guard/guard-status.ts";
import type { NamespaceStatus } from "#core/guard/namespace-status.ts";
import type { LabelMistake } from "#core/protection/label-mistakes.ts";
import { healthTable } from "./health.ts";
import type { Printable } from "./print.ts";
import { renderTable } from "./table.ts";
import { formatAge } from "./units.ts";

export function guardStatusText(status: GuardStatus): Printable {
  return {
    document: {
      checks: status.checks,
      namespaces: status.namespaces.map(namespaceDocument),
      mistakes: status.mistakes,
    },
    names: status.namespaces.map(({ name }) => `namespace/${name}`),
    text: (wide) =>
      [
        healthTable(status.checks),
        ...(status.namespaces.length === 0 ? [] : [namespaceTable(status.namespaces, wide)]),
        ...(status.mistakes.length === 0 ? [] : [mistakeTable(status.mistakes)]),
      ].join("\n"),
  };
}

/** What to type, and what else helps. */
export function guardStatusHints({ checks, mistakes }: GuardStatus): readonly string[] {
  return [...checks.flatMap(({ help }) => help), ...mistakes.map(({ mend }) => mend)];
}

function namespaceTable(namespaces: readonly NamespaceStatus[], wide: boolean): string {
  const more = ["VOLUMES", "EXCLUSIONS", "SKIP UNTIL"];
  return renderTable(
    ["NAMESPACE", "TIER", "BACKUP", "AGE", "LIMIT", ...(wide ? more : []), "DELETION"],
    namespaces.map((one) => [
      one.name,
      one.protection.tier,
      one.backup?.name ?? "<none>",
      one.backup === undefined ? "<none>" : formatAge(one.backup.ageSeconds * 1000),
      formatAge(one.protection.maxAgeSeconds * 1000),
      ...(wide ? wideCells(one) : []),
      deletionCell(one),
    ]),
  );
}

function wideCells({ protection, skip }: NamespaceStatus): readonly string[] {
  return [
    protection.areVolumesWaived ? "waived" : "required",
    protection.areExclusionsAllowed ? "allowed" : "none",
    skip?.until.toISOString() ?? "<none>",
  ];
}

function deletionCell({ outlook, skip }: NamespaceStatus): string {
  if (outlook.deletion === "allowed") return outlook.because === "terminating" ? "terminating" : "allowed";
  const skipped =
    skip === undefined ? "" : ` (allowed to who may unprotect, until ${skip.until.toISOString()})`;
  return `${outlook.deletion}: ${outlook.because}${skipped}`;
}

function mistakeTable(mistakes: readonly LabelMistake[]): string {
  return renderTable(
    ["NAMESPACE", "FOUND", "MEANING"],
    mistakes.map(({ namespace, found, means }) => [namespace, found, means]),
  );
}

function namespaceDocument({ name, protection, outlook, backup, skip }: NamespaceStatus): object {
  return {
    name,
    tier: protection.tier,
    maxAgeSeconds: protection.maxAgeSeconds,
    volumes: protection.areVolumesWaived ? "waived" : "required",
    allowExcluded: protection.areExclusionsAllowed,
    ...outlook,
    ...(backup !== undefined && { backup }),
    ...(skip !== undefined && { skip: { until: skip.until.toISOString(), reason: skip.reason } }),
  };
}
