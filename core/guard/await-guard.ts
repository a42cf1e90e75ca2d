import { sleep } from "#core/flow/sleep.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import { askGuard, type SelfTest } from "./self-test.ts";

const POLL_MS = 1000;

/** Asks until the guard answers or the time is up; gives the last answer. */
export async function awaitGuard(
  cluster: Cluster,
  timeoutSeconds: number,
  signal: AbortSignal,
): Promise<SelfTest> {
  const deadline = performance.now() + timeoutSeconds * 1000;
  for (;;) {
    const test = await askGuard(cluster, signal);
    if (test.answer === "answered" || test.answer === "forbidden") return test;
    if (performance.now() + POLL_MS > deadline) return test;
    await sleep(POLL_MS, signal);
  }
}
