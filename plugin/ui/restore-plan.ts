import { groupResource } from "#core/model/item.ts";
import type { PlannedKind, RestorePlan } from "#core/restore/plan.ts";
import { reasonPhrases } from "./reasons.ts";
import { escapeControl, renderTable } from "./table.ts";
import { formatCount } from "./units.ts";

/** What restore --dry-run shows: held-back items first, then kinds with counts, then what is left out and why. Pure. */
export function restorePlanText(plan: RestorePlan): string {
  const sections = [
    heldText(plan),
    targetText(plan),
    kindsText(plan.kinds),
    missingText(plan),
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

function targetText(plan: RestorePlan): string {
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

function kindsText(kinds: readonly PlannedKind[]): string {
  const shown = kinds.filter((kind) => kind.create + kind.exists + kind.skip + kind.hold + kind.fail > 0);
  if (shown.length === 0) return "";
  const rows = shown.map((kind) => [
    groupResource(kind),
    ...[kind.create, kind.exists, kind.skip, kind.hold, kind.fail].map(String),
    reasonPhrases(kind.skipped).join(", "),
  ]);
  return renderTable(["KIND", "CREATE", "EXIST", "SKIP", "HOLD", "FAIL", "WHY SKIPPED"], rows);
}

function missingText(plan: RestorePlan): string {
  return plan.missing
    .map((one) => `missing in the target: ${groupResource(one)}: ${one.message}\n`)
    .map(escapeLine)
    .join("");
}

function leftOutText(plan: RestorePlan): string {
  const namespaces =
    plan.leftOut.length === 0 ? "" : `Left out (another cluster has its own): ${plan.leftOut.join(", ")}\n`;
  const never = plan.neverRestored.filter(({ count }) => count > 0);
  const kinds = never.map(({ kind, count, reason }) => `  ${groupResource(kind)}: ${count} (${reason})\n`);
  return `${namespaces}${kinds.length === 0 ? "" : `Stored for information, never restored:\n${kinds.join("")}`}`;
}

function escapeLine(line: string): string {
  return `${escapeControl(line.trimEnd())}\n`;
}

function totalText(plan: RestorePlan): string {
  const { create, exists, skip, hold, fail } = plan.counts;
  return `${formatCount(create, "object")} to create, ${exists} exist, ${skip} skipped, ${hold} held back, ${fail} cannot be restored\n`;
}
