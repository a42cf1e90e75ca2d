import { groupResource } from "#core/model/item.ts";
import type { PlanDocument } from "#core/restore/plan-document.ts";
import { escapeControl } from "./table.ts";
import { formatCount } from "./units.ts";

/** Enough for a screen; -o json has them all. */
const SHOWN = 20;

/** What stands against a planned restore, and what only carrying it out would tell. Pure. */
export function obstaclesText(plan: PlanDocument): string {
  const lines = [
    ...limited(plan.rights.map(rightLine)),
    ...limited(plan.quota.map(quotaLine)),
    ...(plan.server === null ? [] : serverLines(plan.server)),
    ...plan.uncheckable.map(
      (one) => `not checkable: ${one.count} ${groupResource(one)}: ${one.message} (${shortList(one)})`,
    ),
  ];
  return lines.map((line) => `${escapeControl(line)}\n`).join("");
}

function rightLine({
  verb,
  namespaces,
  subresource,
  steps,
  ...kind
}: PlanDocument["rights"][number]): string {
  const where = namespaces.length === 0 ? "" : ` in ${namespaces.slice(0, SHOWN).join(", ")}`;
  const part = subresource === undefined ? "" : `/${subresource}`;
  const hooks = steps?.includes("hooks") === true ? " --hooks" : "";
  const why = steps === undefined ? "" : `, which the steps after creation need: ${steps.join(", ")}`;
  return `not allowed: you may not ${verb} ${groupResource(kind)}${part}${where}${why} (kubectl backup rbac restore${hooks} prints the roles)`;
}

function quotaLine({
  namespace,
  quota,
  resource,
  hard,
  used,
  creates,
}: PlanDocument["quota"][number]): string {
  return `quota exceeded: ${namespace}/${quota} allows ${hard} ${resource}, ${used} are there and ${creates} would be created`;
}

function serverLines({ asked, refused, warned }: NonNullable<PlanDocument["server"]>): readonly string[] {
  return [
    `The server was asked about ${formatCount(asked, "object")}: it refuses ${refused.length} and warns of ${warned.length}`,
    ...limited(refused.map((word) => `refused: ${wordText(word)}`)),
    ...limited(warned.map((word) => `warning: ${wordText(word)}`)),
  ];
}

function wordText(word: NonNullable<PlanDocument["server"]>["refused"][number]): string {
  return `${groupResource(word)} ${word.namespace === "" ? "" : `${word.namespace}/`}${word.name}: ${word.message}`;
}

function shortList({ names, count }: PlanDocument["uncheckable"][number]): string {
  const shown = names.slice(0, 3);
  return count > shown.length ? `${shown.join(", ")}, …` : shown.join(", ");
}

function limited(lines: readonly string[]): readonly string[] {
  if (lines.length <= SHOWN) return lines;
  return [...lines.slice(0, SHOWN), `… and ${lines.length - SHOWN} more (-o json has them)`];
}
