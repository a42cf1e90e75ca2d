import { describeError, isFailure } from "#core/model/errors.ts";
import type { Tier } from "#core/model/tier.ts";
import type { AwaitedObjects, Unready } from "./await-objects.ts";
import { runHooks } from "./hooks/run-hooks.ts";
import type { RestoreRun } from "./restore-run.ts";
import { type WaitEnd, waitForReadiness } from "./wait.ts";

/** What became of a tier before the next began. */
export interface TierEnd {
  readonly tier: Tier;
  /** When its time had run out. */
  readonly unready: readonly Unready[];
}

/**
 * A tier ends when what it created is ready, or when its own time has run out, and when its hooks have ended; the next
 * begins either way. Readiness may need what a hook brings, and a hook readiness: both are waited for at once.
 */
export async function endTier(run: RestoreRun, tier: Tier): Promise<void> {
  const [{ notWaited, unready }] = await Promise.all([
    waitForAwaited(run, tier),
    runHooks(run, patience(run)),
  ]);
  if (notWaited !== undefined || tier === "none") return;
  run.finish.tiers.push({ tier, unready });
  if (unready.length === 0) return;
  const [first] = unready;
  const more = unready.length > 1 ? ` and ${unready.length - 1} more` : "";
  run.finish.notes.push(
    `tier ${tier} was not ready when its time had run out, and the next began: ${first?.kind.kind} ${first?.namespace}/${first?.name}${more}: ${first?.why}`,
  );
}

/** The last tier's readiness, and what has become of those that were not ready in their own time. */
export async function waitAtEnd(run: RestoreRun): Promise<WaitEnd> {
  const late = run.finish.tiers.flatMap(({ unready }) => unready);
  const [found, last] = await Promise.all([
    lookAgain(run, late),
    waitForAwaited(run, run.prepared.waves.at(-1)?.tier ?? "normal"),
    runHooks(run, patience(run)),
  ]);
  return { ...last, unready: [...found, ...last.unready] };
}

/** Long enough for a list. Who had his time does not get it twice. */
const GLANCE_SECONDS = 5;

async function lookAgain(run: RestoreRun, late: readonly Unready[]): Promise<readonly Unready[]> {
  if (late.length === 0) return [];
  const byKind = Map.groupBy(late, ({ kind }) => kind);
  const awaited = [...byKind].map(([kind, group]) => ({
    kind,
    keys: new Set(group.map(({ namespace, name }) => `${namespace}/${name}`)),
  }));
  return (await waitOrSay(run, awaited, GLANCE_SECONDS)).unready;
}

/** Waits for what has been created since the last time it was asked. */
async function waitForAwaited(run: RestoreRun, tier: Tier): Promise<WaitEnd> {
  const awaited = [...run.finish.awaited.values()];
  run.finish.awaited.clear();
  if (!run.request.wait) return { notWaited: "not asked to wait", unready: [] };
  if (tier === "none") {
    const count = awaited.reduce((sum, { keys }) => sum + keys.size, 0);
    if (count > 0) run.finish.notes.push(`${count} objects of tier none were not waited for`);
    return { unready: [] };
  }
  return waitOrSay(run, awaited, patience(run));
}

function patience({ request }: RestoreRun): number {
  return request.tierTimeoutSeconds ?? request.timeoutSeconds;
}

/** All is written by now: a readiness that cannot be watched is trouble for the report, not instead of it. */
async function waitOrSay(
  { cluster, finish, signal, onProgress }: RestoreRun,
  awaited: readonly AwaitedObjects[],
  timeoutSeconds: number,
): Promise<WaitEnd> {
  try {
    return await waitForReadiness(cluster, { awaited, timeoutSeconds, signal, onProgress });
  } catch (error) {
    if (signal.aborted || !isFailure(error)) throw error;
    const notWaited = `readiness could not be watched: ${describeError(error)}`;
    finish.troubles.push(notWaited);
    return { notWaited, unready: [] };
  }
}
