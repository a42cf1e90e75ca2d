import type { BackupSummary, OpenBackup } from "#core/catalog/catalog.ts";
import type { Manifest, NamespaceRecord } from "#core/model/backup.ts";
import { groupResource } from "#core/model/item.ts";
import { describeSelection } from "#plugin/selection.ts";
import { changesSeen } from "./changes-seen.ts";
import { ERRORS, type NoticeGroup, type NoticeSource, noticeLines, WARNINGS } from "./notices.ts";
import { escapeControl, renderFields, renderTable } from "./table.ts";
import { formatAge, formatBytes, formatSpan } from "./units.ts";

/** What describe shows. Pure. */
export interface DescriptionStyle {
  readonly url: string;
  readonly now: Date;
  /** All kinds and namespaces, however many. */
  readonly wide: boolean;
}

/** Enough for a screen; -o wide shows all. */
const ROWS = 40;

export function describeText(backup: OpenBackup, style: DescriptionStyle): string {
  const { summary, manifest } = backup;
  const sections = [
    renderFields([
      ...summaryFields(summary, style),
      ...(manifest === undefined ? [] : manifestFields(manifest)),
    ]),
    kindSection(backup, style),
    manifest === undefined ? "" : namespaceSection(manifest.namespaces, style),
    manifest === undefined ? "" : claimSection(manifest.namespaces, style),
    manifest === undefined ? "" : noticeSection("Errors", { ...ERRORS, notices: manifest.errors }, manifest),
    manifest === undefined
      ? ""
      : noticeSection("Warnings", { ...WARNINGS, notices: manifest.warnings }, manifest),
    noticeSection("Not readable", { ...ERRORS, notices: backup.notices }),
  ];
  return sections.filter((section) => section !== "").join("\n");
}

function summaryFields(
  summary: BackupSummary,
  style: DescriptionStyle,
): readonly (readonly [string, string])[] {
  const labels = Object.entries(summary.labels).map(([key, value]) => `${key}=${value}`);
  return [
    ["Name", summary.name],
    ["Location", style.url],
    ["Status", summary.phase],
    ["Made by", summary.origin],
    ["Labels", labels.length === 0 ? "<none>" : labels.join(",")],
    ["Started", when(summary.startedAt, style.now)],
    ["Finished", when(summary.finishedAt, style.now)],
    ["Expires", summary.expiresAt?.toISOString() ?? "<never>"],
    ["Items", summary.itemCount?.toString() ?? "<unknown>"],
  ];
}

function when(time: Date | undefined, now: Date): string {
  return time === undefined
    ? "<unknown>"
    : `${time.toISOString()} (${formatAge(now.getTime() - time.getTime())} ago)`;
}

function manifestFields(manifest: Manifest): readonly (readonly [string, string])[] {
  const { cluster } = manifest;
  const span = Date.parse(manifest.finished.maker) - Date.parse(manifest.started.maker);
  const archive = Object.entries(manifest.files).find(([name]) => name.endsWith(".tar.gz"))?.[1];
  return [
    ["Size", `${formatBytes(manifest.itemBytes)} in ${formatBytes(archive?.sizeBytes ?? 0)} of archive`],
    ["Took", formatSpan(span)],
    ["Cluster", `${cluster.clusterName} (${cluster.server}, ${cluster.serverVersion})`],
    ["Context", cluster.contextName],
    ["Made as", manifest.createdBy.user ?? "<unknown>"],
    ["Selection", describeSelection(manifest.request.selection)],
    [
      "Secrets",
      `${manifest.secretCount}, ${manifest.encryption === undefined ? "not encrypted" : manifest.encryption}`,
    ],
    ["Changed meanwhile", changesSeen(manifest.kinds)],
    ["Proof", "commit, manifest and index agree"],
  ];
}

function kindSection(backup: OpenBackup, style: DescriptionStyle): string {
  // Those that were refused stand together under Errors.
  const unread = (backup.manifest?.kinds ?? []).filter(
    ({ error }) => error !== undefined && error.code !== "cluster-forbidden",
  );
  const rows = [...backup.kinds]
    .filter((kind) => kind.count > 0)
    .sort((a, b) => b.count - a.count)
    .map((kind) => [
      groupResource(kind),
      kind.version,
      kind.count.toString(),
      Object.keys(kind.namespaces)
        .filter((name) => name !== "")
        .length.toString(),
    ]);
  const table = limited(rows, style, (shown) =>
    renderTable(["KIND", "VERSION", "ITEMS", "NAMESPACES"], shown),
  );
  const failed = unread.map(
    (kind) => `not read: ${groupResource(kind)}: ${escapeControl(kind.error?.message ?? "")}\n`,
  );
  return `Kinds:\n${table}${failed.join("")}`;
}

function namespaceSection(namespaces: readonly NamespaceRecord[], style: DescriptionStyle): string {
  if (namespaces.length === 0) return "";
  const rows = namespaces.map((one) => [
    one.name,
    one.itemCount.toString(),
    one.excludedByLabel.toString(),
    one.complete ? "yes" : `no: ${one.incompleteReason ?? "unknown"}`,
  ]);
  return `Namespaces:\n${limited(rows, style, (shown) => renderTable(["NAME", "ITEMS", "EXCLUDED", "COMPLETE"], shown))}`;
}

function claimSection(namespaces: readonly NamespaceRecord[], style: DescriptionStyle): string {
  const rows = namespaces.flatMap((namespace) =>
    namespace.claims.map((claim) => [
      `${namespace.name}/${claim.name}`,
      claim.volumeName ?? "<none>",
      claim.captured === "none" ? "no" : claim.captured,
      claim.reason ?? "",
    ]),
  );
  if (rows.length === 0) return "";
  return `Volume claims:\n${limited(rows, style, (shown) => renderTable(["CLAIM", "VOLUME", "DATA", "WHY NOT"], shown))}`;
}

function limited(
  rows: readonly (readonly string[])[],
  style: DescriptionStyle,
  render: (rows: readonly (readonly string[])[]) => string,
): string {
  if (style.wide || rows.length <= ROWS) return render(rows);
  return `${render(rows.slice(0, ROWS))}… and ${rows.length - ROWS} more (-o wide shows all)\n`;
}

function noticeSection(title: string, group: NoticeGroup, source: NoticeSource = NOBODY): string {
  if (group.notices.length === 0) return "";
  const lines = noticeLines(source, group).map((line) => `  ${escapeControl(line)}\n`);
  return `${title}:\n${lines.join("")}`;
}

/** Foreign backups do not say who made them. */
const NOBODY: NoticeSource = { kinds: [], createdBy: {} };
