import type { RestoreRun } from "./restore-run.ts";

/**
 * A restore that was stopped before it wrote anything leaves no record, so that nothing is there to resume and its name
 * stays free; false where it must, or cannot, be taken back.
 */
export async function withdrawIdle(run: RestoreRun, withinMs: number): Promise<boolean> {
  if (run.isResumed || run.record === undefined || run.hasWritten()) return false;
  try {
    // The run's own signal may have fired already.
    await run.record.withdraw(AbortSignal.timeout(withinMs));
  } catch {
    // As good as killed at that moment: the same command goes on with it.
    return false;
  }
  run.onProgress({
    type: "noted",
    message: "nothing was written to the cluster: this restore leaves no record",
  });
  return true;
}
