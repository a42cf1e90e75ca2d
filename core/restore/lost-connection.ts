import { type FailureCode, isFailure } from "#core/model/errors.ts";
import type { RestoreRun } from "./restore-run.ts";

/** Troubles of the way to the cluster, not of the one object that was on it. */
const OF_THE_WAY: ReadonlySet<FailureCode> = new Set([
  "cluster-unreachable",
  "cluster-tls",
  "credentials-failed",
  "cluster-timeout",
]);
/** The request that failed has been repeated for ten seconds by now; a server that is there answers this one at once. */
const ANSWERS_WITHIN_MS = 5_000;

/**
 * After a request that failed for good: throws, and stops the run, where the cluster answers nothing any more. Else every
 * single item that remains would be tried as long as this one. Where it does answer (something on the way may break
 * this one request each time it sees it) the trouble is the item's alone.
 */
export async function stopIfLost(run: RestoreRun, error: unknown): Promise<void> {
  if (!isFailure(error) || !OF_THE_WAY.has(error.code) || (await answers(run))) return;
  run.signal.throwIfAborted();
  run.stop(error);
  throw error;
}

async function answers({ cluster, signal }: RestoreRun): Promise<boolean> {
  try {
    await cluster.version(AbortSignal.any([signal, AbortSignal.timeout(ANSWERS_WITHIN_MS)]));
    return true;
  } catch (error) {
    // A refusal is an answer.
    return isFailure(error) && error.reply !== undefined;
  }
}
