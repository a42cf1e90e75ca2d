import { sleep } from "#core/flow/sleep.ts";
import type { ObjectRef } from "#core/kube/cluster.ts";
import { isFailure } from "#core/model/errors.ts";
import { SERVICE_ACCOUNTS } from "#core/model/known-kinds.ts";
import type { ItemOutcome } from "#core/model/restore.ts";
import { lookForEndpoints } from "./endpoint-lookup.ts";
import type { RestoreRun } from "./restore-run.ts";
import type { Need } from "./rule.ts";
import type { Wish } from "./write-item.ts";
import { failed } from "./write-replies.ts";

/** A controller makes the account `default` of a new namespace, usually within a second. */
const ACCOUNT_WITHIN_MS = 15_000;
const ACCOUNT_PAUSE_MS = 100;
/** Pods that answer for a webhook may have to fetch their image first; the restore's own timeout counts too. */
const SERVICE_WITHIN_MS = 120_000;
const SERVICE_PAUSE_MS = 1_000;

/** Waits for what an object must not come before; an outcome where it must not be created or changed. */
export async function awaitNeeds(run: RestoreRun, wish: Wish): Promise<ItemOutcome | undefined> {
  const needs = wish.rule.needs?.(wish.body) ?? [];
  const outcomes = await Promise.all(
    needs.map((need) =>
      need.type === "account" ? awaitAccount(run, wish, need.name) : awaitService(run, wish, need),
    ),
  );
  return outcomes.find((outcome) => outcome !== undefined);
}

async function awaitAccount(run: RestoreRun, wish: Wish, name: string): Promise<ItemOutcome | undefined> {
  const { namespace } = wish.target;
  const ref = { resource: SERVICE_ACCOUNTS, namespace, name };
  // All others were restored before any Secret, or will never be.
  const deadline = performance.now() + (name === "default" ? ACCOUNT_WITHIN_MS : 0);
  while (!(await isThereOrHidden(run, ref))) {
    if (performance.now() >= deadline) {
      return failed(
        "account-absent",
        `there is no service account ${namespace}/${name}: the cluster would delete its token at once`,
      );
    }
    await sleep(ACCOUNT_PAUSE_MS, run.signal);
  }
  return undefined;
}

/** Who may not look creates it all the same. */
async function isThereOrHidden({ cluster, signal }: RestoreRun, ref: ObjectRef): Promise<boolean> {
  try {
    return (await cluster.get(ref, signal)) !== undefined;
  } catch (error) {
    if (!isFailure(error, "cluster-forbidden")) throw error;
    return true;
  }
}

type ServiceNeed = Extract<Need, { type: "service" }>;

async function awaitService(
  run: RestoreRun,
  wish: Wish,
  need: ServiceNeed,
): Promise<ItemOutcome | undefined> {
  const key = `${need.namespace}/${need.name} ${need.blocks}`;
  const answers = run.finish.services.getOrInsertComputed(key, () => untilItAnswers(run, need));
  const lacking = await answers;
  if (lacking === undefined) return undefined;
  if (need.blocks) {
    return failed(
      "service-not-ready",
      `${lacking}: as long as nothing answers there the server would refuse every request that it matches; the same restore brings it once something does`,
    );
  }
  wish.warnings.push(lacking);
  return undefined;
}

/** Why nobody answers for a Service, or undefined: asked once for all that name it. */
async function untilItAnswers(run: RestoreRun, need: ServiceNeed): Promise<string | undefined> {
  const { wait, timeoutSeconds } = run.request;
  const patienceMs = wait && need.blocks ? Math.min(SERVICE_WITHIN_MS, timeoutSeconds * 1000) : 0;
  const deadline = performance.now() + patienceMs;
  let answer = await lookForEndpoints(run, need);
  if (answer.lacking !== undefined && answer.mayCome && patienceMs > 0)
    run.onProgress({ type: "noted", message: `waiting for an answer behind it: ${answer.lacking}` });
  while (answer.lacking !== undefined && answer.mayCome && performance.now() < deadline) {
    await sleep(SERVICE_PAUSE_MS, run.signal);
    answer = await lookForEndpoints(run, need);
  }
  return answer.lacking;
}
