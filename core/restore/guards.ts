import { describeError, isFailure } from "#core/model/errors.ts";
import { type Autoscaled, readAutoscalers } from "./autoscalers.ts";
import { findDataOwners } from "./data-owners.ts";
import { isThere } from "./existing.ts";
import type { Outlook } from "./outlook.ts";
import type { PlanRequest } from "./plan.ts";

/** What a policy that changes live objects has to mind. */
export interface Guards {
  /** Empty where no policy would take anything from an autoscaler. */
  readonly autoscaled: Autoscaled;
  /** Empty where nothing is deleted. */
  readonly dataOwners: ReadonlySet<string>;
  readonly warnings: readonly string[];
}

export async function readGuards(
  { cluster, request, undo }: PlanRequest,
  { discovery, namespaces, live, selected }: Outlook,
  signal: AbortSignal,
): Promise<Guards> {
  const { existing, forceConflicts } = request;
  const created = (undo?.created ?? []).map(({ namespace }) => namespace);
  const there = [...new Set([...namespaces.values(), ...created])].filter((name) => isThere(live.get(name)));
  const where = { discovery, namespaces: there, signal };
  const everywhere =
    selected.kinds.some(({ kind }) => !kind.namespaced) ||
    (undo?.created ?? []).some(({ namespace }) => namespace === "");
  const changes = existing !== "skip" && existing !== "fail";
  const warnings: string[] = [];
  const unknown = (error: unknown): Autoscaled => {
    if (!isFailure(error) || error.reply === undefined) throw error;
    warnings.push(
      `autoscalers could not be read, and what they scale may be changed: ${describeError(error)}`,
    );
    return new Map();
  };
  return {
    autoscaled: changes && !forceConflicts ? await readAutoscalers(cluster, where).catch(unknown) : new Map(),
    // Where this cannot be told the restore must not begin: a disk could go with what is deleted.
    dataOwners:
      existing === "recreate" || request.undo !== undefined
        ? await findDataOwners(cluster, { ...where, everywhere })
        : new Set(),
    warnings,
  };
}
