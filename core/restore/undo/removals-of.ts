import type { RestoreRequest } from "#core/model/restore.ts";
import type { Guards } from "#core/restore/guards.ts";
import type { Outlook } from "#core/restore/outlook.ts";
import type { PlanRequest } from "#core/restore/plan.ts";
import type { LookFacts, Removal } from "./look-at-created.ts";
import { planRemovals } from "./removals.ts";

export interface RemovalFacts {
  readonly outlook: Outlook;
  readonly guards: Guards;
  readonly signal: AbortSignal;
}

/** Nothing, unless an undo was asked to delete what the restore created. */
export async function removalsOf(
  { cluster, request, undo }: PlanRequest,
  { outlook: { discovery }, guards, signal }: RemovalFacts,
): Promise<readonly Removal[]> {
  if (undo === undefined || request.undo?.created !== true) return [];
  const { created } = undo;
  return planRemovals(cluster, { created, discovery, signal, ...lookFacts(guards, request) });
}

export function lookFacts(
  { dataOwners, autoscaled }: Pick<Guards, "dataOwners" | "autoscaled">,
  { forceConflicts }: RestoreRequest,
): LookFacts {
  return { dataOwners, autoscaled, isForced: forceConflicts };
}
