import { groupResource } from "#core/model/item.ts";
import type { Mention } from "#core/restore/mapping/old-mentions.ts";
import type { Reach } from "#core/restore/outside/reaches.ts";
import type { RestorePlan } from "#core/restore/plan.ts";
import type { DocumentedKind, PlanDocument } from "#core/restore/plan-document.ts";
import type { PreviewedObject } from "#core/restore/preview/preview-restore.ts";
import { hooksText } from "./hooks-text.ts";
import { obstaclesText } from "./plan-obstacles.ts";
import { pulledInText } from "./pulled-in-text.ts";
import { reasonPhrases } from "./reasons.ts";
import { escapeControl, renderTable } from "./table.ts";
import { tiersText } from "./tiers-text.ts";
import { formatCount } from "./units.ts";

/** Enough for a screen; -o json has them all. */
const SHOWN = 20;

/** What restore --dry-run shows: held-back items first, then kinds with counts, then what is left out and why. Pure. */
export function restorePlanText(plan: PlanDocument): string {
  const sections = [
    heldText(plan),
    failingText(plan.objects),
    unreadableText(plan.unreadable),
    targetText(plan),
    kindsText(plan.kinds),
    changesText(plan.objects),
    removalsText(plan),
    claimsText(plan),
    pulledInText(plan),
    reachesText(plan.reaches),
    tiersText(plan),
    hooksText(plan),
    mentionsText(plan.mentions),
    missingText(plan),
    obstaclesText(plan),
    leftOutText(plan),
    plan.warnings.map((warning) => `warning: ${escapeControl(warning)}\n`).join(""),
    totalText(plan),
  ];
  return sections.filter((section) => section !== "").join("\n");
}

/** Named first, since this is what a restore cannot give back. */
export function heldText(plan: Pick<RestorePlan, "held">): string {
  if (plan.held.length === 0) return "";
  const rows = plan.held.map((item) => [groupResource(item), `${item.namespace}/${item.name}`, item.message]);
  return `Held back (--empty-volumes creates them, claims empty):\n${renderTable(["KIND", "NAME", "WHY"], rows)}`;
}

function targetText(plan: PlanDocument): string {
  const relation = {
    same: "the cluster of the backup",
    other: "another cluster than the backup's",
    unknown: "maybe another cluster than the backup's",
  };
  const { clusterName, server, relation: found } = plan.target;
  const namespaces = plan.namespaces.map(({ from, to, exists, terminating }) => {
    const name = from === to ? to : `${from} → ${to}`;
    return `  ${escapeControl(name)}${terminating ? " (going away: waited for)" : exists ? " (exists)" : ""}\n`;
  });
  const list = namespaces.length === 0 ? "" : `Namespaces:\n${namespaces.join("")}`;
  return `Target: ${clusterName} at ${server}, ${relation[found]}\n${list}`;
}

function kindsText(kinds: readonly DocumentedKind[]): string {
  const rows = kinds.flatMap((kind) => {
    const counts = [
      kind.create,
      kind.update + kind.recreate,
      kind.unchanged,
      kind.skip,
      kind.hold,
      kind.fail,
    ];
    if (counts.every((count) => count === 0)) return [];
    return [[groupResource(kind), ...counts.map(String), reasonPhrases(kind.reasons).join(", ")]];
  });
  if (rows.length === 0) return "";
  return renderTable(["KIND", "CREATE", "UPDATE", "SAME", "SKIP", "HOLD", "FAIL", "WHY NOT"], rows);
}

function failingText(objects: readonly PreviewedObject[]): string {
  const failing = objects.filter(({ action }) => action === "fail");
  return listText("Cannot be restored", failing, (one) => [`  ${titleOf(one)}: ${one.message ?? ""}`]);
}

function unreadableText(unreadable: readonly string[]): string {
  return listText("Cannot be read in the backup", unreadable, (what) => [`  ${what}`]);
}

const CHANGING: ReadonlySet<PreviewedObject["action"]> = new Set(["update", "recreate"]);

function changesText(objects: readonly PreviewedObject[]): string {
  const differing = objects.filter(({ action, reason }) => CHANGING.has(action) || reason === "differs");
  return listText("Differing from the backup", differing, (one) => [differingLine(one), ...changeLines(one)]);
}

const DIFFERING_FATES: Readonly<Partial<Record<PreviewedObject["action"], string>>> = {
  update: "made as in the backup",
  recreate: "deleted and created anew",
};

function differingLine(one: PreviewedObject): string {
  return `  ${titleOf(one)}: ${DIFFERING_FATES[one.action] ?? "left as it is; --existing update brings it back"}`;
}

/** So much of a value that a change stays a line. */
const MOST_CHARACTERS = 60;

function changeLines({ changes = [] }: PreviewedObject): readonly string[] {
  const lines = changes
    .slice(0, SHOWN)
    .map(({ path, old, new: wanted }) => `    ${path}: ${shortValue(old)} → ${shortValue(wanted)}`);
  const more = changes.length - lines.length;
  return more === 0 ? lines : [...lines, `    … and ${more} more`];
}

function shortValue(text: string | undefined): string {
  if (text === undefined) return "(none)";
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS)}…`;
}

const FATES: Readonly<Record<PlanDocument["claims"][number]["fate"], string>> = {
  rebind: "bound again to its volume",
  static: "with its volume's object, on the same disk",
  empty: "empty",
  unbound: "as it was, never bound",
  exists: "exists",
  "of-pod": "made by its pod",
};

function removalsText({ removals }: PlanDocument): string {
  const told = removals.filter(({ action }) => action !== "gone");
  return listText("Created by the restore", told, (one) => [
    `  ${titleOf(one)}: ${one.action === "delete" ? "deleted" : `kept: ${one.message ?? ""}`}`,
  ]);
}

/** Those that are held back stand on top already. */
function claimsText({ claims }: PlanDocument): string {
  const coming = claims.filter(({ held }) => !held);
  if (coming.length === 0) return "";
  const rows = coming
    .slice(0, SHOWN)
    .map(({ namespace, name, fate, volume = "", why }) => [
      `${namespace}/${name}`,
      why === undefined ? FATES[fate] : `${FATES[fate]}: ${why}`,
      volume,
    ]);
  return `${renderTable(["CLAIM", "RETURNS", "VOLUME"], rows)}${moreText(coming.length)}`;
}

/** Named in the plan and in the report: a restore ends where the cluster does. */
function reachesText(reaches: readonly Reach[]): string {
  return listText("Reaching outside the cluster", reaches, (one) => [
    `  ${titleOf(one)} ${one.message}${one.withheld ? " (withheld)" : ""}`,
  ]);
}

/** A hint: only who wrote them knows whether they are meant to stay. */
function mentionsText(mentions: readonly Mention[]): string {
  return listText("Still speaking of a namespace by its old name", mentions, (one) => [
    `  ${titleOf(one)}: ${one.text}`,
  ]);
}

function listText<T>(title: string, all: readonly T[], linesOf: (one: T) => readonly string[]): string {
  if (all.length === 0) return "";
  const lines = all.slice(0, SHOWN).flatMap(linesOf);
  return `${title}:\n${lines.map((line) => `${escapeControl(line)}\n`).join("")}${moreText(all.length)}`;
}

function moreText(count: number): string {
  return count > SHOWN ? `… and ${count - SHOWN} more (-o json has them)\n` : "";
}

function titleOf(one: Pick<PreviewedObject, "group" | "resource" | "namespace" | "name">): string {
  return `${groupResource(one)} ${one.namespace === "" ? "" : `${one.namespace}/`}${one.name}`;
}

function missingText(plan: PlanDocument): string {
  return plan.missing
    .map((one) => `missing in the target: ${groupResource(one)}: ${one.message}`)
    .map((line) => `${escapeControl(line)}\n`)
    .join("");
}

function leftOutText(plan: PlanDocument): string {
  const namespaces =
    plan.leftOut.length === 0 ? "" : `Left out (another cluster has its own): ${plan.leftOut.join(", ")}\n`;
  const never = plan.neverRestored.filter(({ count }) => count > 0);
  const kinds = never.map(({ resource, count, reason }) => `  ${resource}: ${count} (${reason})\n`);
  return `${namespaces}${kinds.length === 0 ? "" : `Stored for information, never restored:\n${kinds.join("")}`}`;
}

function totalText({ counts }: PlanDocument): string {
  const recreated = counts.recreate === 0 ? "" : ` ${counts.recreate} to recreate,`;
  return `${formatCount(counts.create, "object")} to create, ${counts.update} to update,${recreated} ${counts.unchanged} unchanged, ${counts.skip} skipped, ${counts.hold} held back, ${counts.fail} cannot be restored\n`;
}
