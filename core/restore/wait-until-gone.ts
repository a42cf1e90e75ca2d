import { sleep } from "#core/flow/sleep.ts";
import type { ObjectRef } from "#core/kube/cluster.ts";
import { readItemHeader } from "#core/objects/item-header.ts";
import type { RestoreRun } from "./restore-run.ts";

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/** Until an object that is being deleted is gone or has been replaced; false at the request's timeout. */
export async function waitUntilGone(run: RestoreRun, ref: ObjectRef, uid: string): Promise<boolean> {
  const deadline = performance.now() + run.request.timeoutSeconds * 1000;
  let pause = FIRST_PAUSE_MS;
  for (;;) {
    const bytes = await run.cluster.get(ref, run.signal);
    if (bytes === undefined || readItemHeader(bytes).uid !== uid) return true;
    if (performance.now() + pause > deadline) return false;
    await sleep(pause, run.signal);
    pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
  }
}
