import type { RestorePlan } from "#core/restore/plan.ts";
import { renderTable } from "./table.ts";

/** In which order workloads come, where there is more than one tier. Pure. */
export function tiersText({ tiers }: Pick<RestorePlan, "tiers">): string {
  if (tiers.length < 2) return "";
  const rows = tiers.map(({ tier, objects, workloads }) => [tier, String(workloads), String(objects)]);
  return `Tiers, each ready or out of its own time before the next begins:\n${renderTable(["TIER", "WORKLOADS", "OBJECTS"], rows)}`;
}
