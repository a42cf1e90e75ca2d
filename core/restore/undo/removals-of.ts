import type { Guards } from "#core/restore/guards.ts";
import type { Outlook } from "#core/restore/outlook.ts";
import type { PlanRequest } from "#core/restore/plan.ts";
import { planRemovals, type Removal } from "./removals.ts";

export interface RemovalFacts {
  readonly outlook: Outlook;
  readonly guards: Guards;
  readonly signal: AbortSignal;
}

/** Nothing, unless an undo was asked to delete what the restore created. */
export async function removalsOf(
  { cluster, request, undo }: PlanRequest,
  { outlook, guards, signal }: RemovalFacts,
): Promise<readonly Removal[]> {
  if (undo === undefined || request.undo?.created !== true) return [];
  const { discovery, live: liveNamespaces } = outlook;
  const { dataOwners } = guards;
  return planRemovals(cluster, { created: undo.created, discovery, liveNamespaces, dataOwners, signal });
}
