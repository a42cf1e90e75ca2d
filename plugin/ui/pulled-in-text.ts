import { groupResource } from "#core/model/item.ts";
import type { RestorePlan } from "#core/restore/plan.ts";
import { renderTable } from "./table.ts";

/** Enough for a screen; -o json has them all. */
const SHOWN = 20;

/** What comes although nobody selected it, and why. Pure. */
export function pulledInText({ pulledIn }: Pick<RestorePlan, "pulledIn">): string {
  if (pulledIn.length === 0) return "";
  const rows = pulledIn
    .slice(0, SHOWN)
    .map((one) => [
      groupResource(one),
      one.namespace === "" ? one.name : `${one.namespace}/${one.name}`,
      one.because,
    ]);
  const more = pulledIn.length > SHOWN ? `… and ${pulledIn.length - SHOWN} more (-o json has them)\n` : "";
  return `Brought along where missing, never changed where they exist:\n${renderTable(["KIND", "NAME", "BECAUSE"], rows)}${more}`;
}
