import { sleep } from "#core/flow/sleep.ts";
import type { ObjectRef } from "#core/kube/cluster.ts";
import { isFailure } from "#core/model/errors.ts";
import { SERVICE_ACCOUNTS } from "#core/model/known-kinds.ts";
import type { ItemOutcome } from "#core/model/restore.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { readItemHeader } from "#core/objects/item-header.ts";
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

/** What an object must not come before is there: the object as it is then. Else why it must not be created or changed. */
export type Ready = { readonly wish: Wish } | { readonly outcome: ItemOutcome };

type Met = { readonly tied: (object: ExactObject) => ExactObject } | { readonly outcome: ItemOutcome };

/** Waits for what an object must not come before. */
export async function awaitNeeds(run: RestoreRun, wish: Wish): Promise<Ready> {
  const needs = wish.rule.needs?.(wish.body) ?? [];
  const met = await Promise.all(
    needs.map((need) =>
      need.type === "account" ? awaitAccount(run, wish, need) : awaitService(run, wish, need),
    ),
  );
  let { body } = wish;
  for (const need of met) {
    if (need === undefined) continue;
    if ("outcome" in need) return need;
    body = need.tied(body);
  }
  return { wish: body === wish.body ? wish : { ...wish, body } };
}

async function awaitAccount(
  run: RestoreRun,
  wish: Wish,
  { name, tied }: Extract<Need, { type: "account" }>,
): Promise<Met | undefined> {
  const { namespace } = wish.target;
  const ref = { resource: SERVICE_ACCOUNTS, namespace, name };
  // All others were restored before any Secret, or will never be.
  const deadline = performance.now() + (name === "default" ? ACCOUNT_WITHIN_MS : 0);
  for (;;) {
    const uid = await uidOf(run, ref);
    if (uid === "hidden") return undefined;
    if (uid !== undefined) return { tied: (object) => tied(object, uid) };
    if (performance.now() >= deadline) {
      const message = `there is no service account ${namespace}/${name}: the cluster would delete its token at once`;
      return { outcome: failed("account-absent", message) };
    }
    await sleep(ACCOUNT_PAUSE_MS, run.signal);
  }
}

/** Undefined where it is not there. Who may not look creates what needs it all the same. */
async function uidOf({ cluster, signal }: RestoreRun, ref: ObjectRef): Promise<string | undefined> {
  try {
    const bytes = await cluster.get(ref, signal);
    return bytes === undefined ? undefined : readItemHeader(bytes).uid;
  } catch (error) {
    if (!isFailure(error, "cluster-forbidden")) throw error;
    return "hidden";
  }
}

type ServiceNeed = Extract<Need, { type: "service" }>;

async function awaitService(run: RestoreRun, wish: Wish, need: ServiceNeed): Promise<Met | undefined> {
  const key = `${need.namespace}/${need.name} ${need.blocks}`;
  const answers = run.finish.services.getOrInsertComputed(key, () => untilItAnswers(run, need));
  const lacking = await answers;
  if (lacking === undefined) return undefined;
  if (need.blocks) {
    const message = `${lacking}: as long as nothing answers there the server would refuse every request that it matches; the same restore brings it once something does`;
    return { outcome: failed("service-not-ready", message) };
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
