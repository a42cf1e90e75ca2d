import { groupResource } from "#core/model/item.ts";
import type { PlannedKind, RestorePlan } from "#core/restore/plan.ts";
import type { Fate, Preview, PreviewedKind } from "#core/restore/preview.ts";
import { reasonPhrases } from "./reasons.ts";
import { escapeControl, renderTable } from "./table.ts";
import { formatCount } from "./units.ts";

/** What restore --dry-run shows: held-back items first, then kinds with counts, then what is left out and why. Pure. */
export function restorePlanText(plan: RestorePlan, preview: Preview): string {
  const sections = [
    heldText(plan),
    targetText(plan),
    kindsText(plan.kinds, preview),
    objectsText(preview),
    missingText(plan),
    leftOutText(plan),
    plan.warnings.map((warning) => `warning: ${escapeControl(warning)}\n`).join(""),
    totalText(plan, preview),
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

function kindsText(kinds: readonly PlannedKind[], preview: Preview): string {
  const rows = kinds.flatMap((kind) => {
    const { update, unchanged, differs, skip } = fatesOf(kind, preview);
    const counts = [kind.create, update, unchanged, kind.skip + differs + skip, kind.hold, kind.fail];
    const reasons = {
      ...kind.skipped,
      ...(differs > 0 && { differs }),
      ...(skip > 0 && { [left(kind)]: skip }),
    };
    if (counts.every((count) => count === 0)) return [];
    return [[groupResource(kind), ...counts.map(String), reasonPhrases(reasons).join(", ")]];
  });
  if (rows.length === 0) return "";
  return renderTable(["KIND", "CREATE", "UPDATE", "SAME", "SKIP", "HOLD", "FAIL", "WHY SKIPPED"], rows);
}

const NO_FATES: PreviewedKind["fates"] = { update: 0, unchanged: 0, differs: 0, skip: 0 };

function fatesOf(kind: PlannedKind, { kinds }: Preview): PreviewedKind["fates"] {
  const found = kinds.find(
    (one) =>
      groupResource(one) === groupResource(kind) &&
      one.version === kind.version &&
      one.pulledIn === kind.pulledIn,
  );
  return found?.fates ?? NO_FATES;
}

/** Existing objects that are left alone because nobody selected them, or because the cluster makes them. */
function left(kind: PlannedKind): string {
  return kind.pulledIn ? "not-selected" : "auto-made";
}

/** Enough for a screen; -o json has them all. */
const OBJECTS = 20;

function objectsText({ objects }: Preview): string {
  if (objects.length === 0) return "";
  const rows = objects
    .slice(0, OBJECTS)
    .map((one) => [
      groupResource(one),
      one.namespace === "" ? one.name : `${one.namespace}/${one.name}`,
      one.fate === "update" ? "made as in the backup" : "left as it is (--existing update)",
    ]);
  const more = objects.length > OBJECTS ? `… and ${objects.length - OBJECTS} more (-o json has them)\n` : "";
  return `Differing from the backup:\n${renderTable(["KIND", "NAME", "WOULD BE"], rows)}${more}`;
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

function totalText({ counts }: RestorePlan, { kinds }: Preview): string {
  const sum = (fate: Fate) => kinds.reduce((total, { fates }) => total + fates[fate], 0);
  const skipped = counts.skip + sum("differs") + sum("skip");
  return `${formatCount(counts.create, "object")} to create, ${sum("update")} to update, ${sum("unchanged")} unchanged, ${skipped} skipped, ${counts.hold} held back, ${counts.fail} cannot be restored\n`;
}
