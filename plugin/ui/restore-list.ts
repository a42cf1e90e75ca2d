import type { StoredRestore } from "#core/catalog/catalog.ts";
import { renderFields, renderTable } from "./table.ts";
import { formatAge, formatSpan } from "./units.ts";

/** Restores of a location as kubectl lists things. Pure. */
export function restoreTable(restores: readonly StoredRestore[], now: Date, wide: boolean): string {
  const header = [
    "NAME",
    "BACKUP",
    "STATUS",
    "CREATED",
    "UPDATED",
    "UNCHANGED",
    "SKIPPED",
    "FAILED",
    "AGE",
    "DURATION",
  ];
  const more = ["ID", "BY", "CLUSTER", "STORED AT"];
  return renderTable(
    wide ? [...header, ...more] : header,
    restores.map((one) => (wide ? [...mainCells(one, now), ...wideCells(one)] : mainCells(one, now))),
  );
}

const RESULTS = ["created", "updated", "unchanged", "skipped", "failed"] as const;

function mainCells(one: StoredRestore, now: Date): readonly string[] {
  const counts = countsOf(one);
  return [
    one.name,
    one.backup ?? "<unknown>",
    one.status,
    ...RESULTS.map((result) => counts?.[result]?.toString() ?? "-"),
    formatAge(now.getTime() - begun(one).getTime()),
    duration(one),
  ];
}

function wideCells({ record, storedAt }: StoredRestore): readonly string[] {
  return [
    record?.id ?? "<unknown>",
    record?.createdBy.user ?? "<unknown>",
    record?.target.clusterName ?? "<unknown>",
    storedAt,
  ];
}

function begun({ createdAt, foundAt }: StoredRestore): Date {
  return createdAt ?? foundAt;
}

function duration({ createdAt, finishedAt }: StoredRestore): string {
  if (createdAt === undefined || finishedAt === undefined) return "<unknown>";
  return formatSpan(finishedAt.getTime() - createdAt.getTime());
}

function countsOf({ report }: StoredRestore): Readonly<Record<string, number>> | undefined {
  // What a report's head was checked to be when it was read.
  return report?.["counts"] as Readonly<Record<string, number>> | undefined;
}

export function restoreDocument({ foundAt, ...restore }: StoredRestore): unknown {
  return { ...restore, createdAt: restore.createdAt ?? foundAt };
}

/** One restore: what it was asked to do, and how it ended. Pure. */
export function restoreDetails(one: StoredRestore, now: Date): string {
  const { record, report } = one;
  const fields: [string, string][] = [
    ["Name", one.name],
    ["Id", record?.id ?? "<unknown>"],
    ["Backup", one.backup ?? "<unknown>"],
    ["Status", one.status],
    ["Made by", one.origin],
    ["Begun", `${begun(one).toISOString()} (${formatAge(now.getTime() - begun(one).getTime())} ago)`],
    ["Duration", duration(one)],
    ...(record === undefined ? [] : recordFields(record)),
    ...(one.trouble === undefined ? [] : [["Trouble", one.trouble] as [string, string]]),
    ["Stored at", one.storedAt],
  ];
  return [renderFields(fields), reportText(report), nextText(one)].filter((text) => text !== "").join("\n");
}

function recordFields({ createdBy, target, plan }: NonNullable<StoredRestore["record"]>): [string, string][] {
  return [
    ["By", createdBy.user ?? "<unknown>"],
    ["Cluster", `${target.clusterName} (context ${target.contextName}, ${target.server})`],
    ["Planned items", String(plan.total)],
  ];
}

function reportText(report: StoredRestore["report"]): string {
  if (report === undefined) return "";
  const counts = Object.entries(Object(report["counts"])).map(([result, count]) => `${count} ${result}`);
  const seconds = Object.entries(Object(report["seconds"])).map(([phase, took]) => `${phase} ${took}s`);
  const troubles = Array.isArray(report["troubles"]) ? report["troubles"].map(String) : [];
  return renderFields([
    ["Items", counts.join(", ")],
    ["Phases", seconds.join(", ")],
    ...failures(report["failed"]),
    ...troubles.map((trouble) => ["Trouble", trouble] as const),
  ]);
}

function failures(failed: unknown): readonly (readonly [string, string])[] {
  if (!Array.isArray(failed)) return [];
  return failed.map((item) => {
    const { resource, namespace, name, outcome } = Object(item);
    return ["Failed", `${resource} ${namespace}/${name}: ${Object(outcome).message}`] as const;
  });
}

/** What to type next. */
function nextText({ status, name, backup }: StoredRestore): string {
  if (status === "Running") return `kubectl backup watch ${name} follows it\n`;
  if (status === "Unfinished" && backup !== undefined)
    return `it broke off: the same command, or kubectl backup restore ${backup} --resume ${name}, completes it\n`;
  return "";
}
