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
  const unready = await awaitObjects(run.cluster, awaited, { signal, onReady: () => undefined });
  run.signal.throwIfAborted();
  for (const { name, why } of unready)
    run.finish.notes.push(`${DEFINITIONS} ${name} is not established: ${why}`);
  run.definitionsReadyBy.at = performance.now() + PATH_MAY_LAG_MS;
}
