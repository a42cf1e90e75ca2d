import { describeError, isFailure } from "#core/model/errors.ts";
import { awaitObjects } from "./await-objects.ts";
import type { RestoreRun } from "./restore-run.ts";

const DEFINITIONS = "customresourcedefinitions.apiextensions.k8s.io";
/** A server goes on answering 404 on a new path for a while after it has called the definition established. */
const PATH_MAY_LAG_MS = 15_000;
const ESTABLISHED_WITHIN_MS = 60_000;

/** Custom resources can be created once their definitions are established; a clash of names never is. */
export async function awaitDefinitions(run: RestoreRun): Promise<void> {
  const awaited = run.finish.awaited.get(DEFINITIONS);
  if (awaited === undefined) return;
  run.finish.awaited.delete(DEFINITIONS);
  const signal = AbortSignal.any([run.signal, AbortSignal.timeout(ESTABLISHED_WITHIN_MS)]);
  try {
    const unready = await awaitObjects(run.cluster, awaited, { signal, onReady: () => undefined });
    for (const { name, why } of unready) {
      run.finish.unestablished.set(name, why);
      run.finish.troubles.push(`${DEFINITIONS} ${name} is not established: ${why}`);
    }
  } catch (error) {
    // They may be made but not looked at: each resource's own creation then waits for its path.
    if (!isFailure(error, "cluster-forbidden")) throw error;
    run.finish.notes.push(`${DEFINITIONS} could not be watched: ${describeError(error)}`);
  }
  run.signal.throwIfAborted();
  run.definitionsReadyBy.at = performance.now() + PATH_MAY_LAG_MS;
}
