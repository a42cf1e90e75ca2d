import { sleep } from "#core/flow/sleep.ts";
import type { Cluster, ObjectRef } from "#core/kube/cluster.ts";
import { Failure } from "#core/model/errors.ts";
import { GUARD } from "#core/model/guard.ts";
import { itemTitle } from "#core/model/item.ts";
import { SECRETS } from "#core/model/known-kinds.ts";
import { readItemHeader } from "#core/objects/item-header.ts";
import { hintIfForbidden } from "./hint-if-forbidden.ts";
import type { GuardObject } from "./render-guard.ts";
import { askGuard } from "./self-test.ts";
import { locateObjects } from "./served-kinds.ts";

const TLS_SECRET: ObjectRef = { resource: SECRETS, namespace: GUARD.namespace, name: GUARD.tlsSecret };

/** API servers learn within about a second that a configuration is gone; of several one may be slower. */
const UNTIL_FORGOTTEN_MS = 30_000;
const POLL_MS = 300;

const REMOVAL_RIGHTS = "taking the guard out needs the rights of cluster-admin";

export interface GuardRemoval {
  /** In the order in which they go: the webhook configuration first. */
  readonly remove: readonly ObjectRef[];
  readonly keep: readonly ObjectRef[];
}

/** What carries the guard's name goes; what only belongs to the product stays: its namespace, locations, other roles. */
export async function planRemoval(
  objects: readonly GuardObject[],
  cluster: Cluster,
  signal: AbortSignal,
): Promise<GuardRemoval> {
  const remove: ObjectRef[] = [];
  const keep: ObjectRef[] = [];
  for (const { object, ref } of await locateObjects(objects.toReversed(), cluster, signal)) {
    if (ref === undefined || !(await isThere(ref, cluster, signal))) continue;
    const isGuards = object.metadata.labels?.["app.kubernetes.io/name"] === GUARD.name;
    (isGuards ? remove : keep).push(ref);
  }
  const hasSecret = await isThere(TLS_SECRET, cluster, signal);
  const [configurations, others] = [
    remove.filter(isConfiguration),
    remove.filter((ref) => !isConfiguration(ref)),
  ];
  return { remove: [...configurations, ...others, ...(hasSecret ? [TLS_SECRET] : [])], keep };
}

/** What is on its way out already is as good as gone. */
async function isThere(ref: ObjectRef, cluster: Cluster, signal: AbortSignal): Promise<boolean> {
  const body = await hintIfForbidden(REMOVAL_RIGHTS, () => cluster.get(ref, signal));
  return body !== undefined && readItemHeader(body).deletionTimestamp === undefined;
}

/** While a configuration is in force and nobody answers, no protected namespace could be deleted: so it goes before all. */
export async function removeGuard(
  { remove }: GuardRemoval,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<void> {
  for (const ref of remove.filter(isConfiguration)) await removeOne(ref, cluster, signal);
  await untilForgotten(cluster, signal);
  for (const ref of remove.filter((one) => !isConfiguration(one))) await removeOne(ref, cluster, signal);
}

function isConfiguration({ resource }: ObjectRef): boolean {
  return resource.kind === "ValidatingWebhookConfiguration";
}

async function removeOne(ref: ObjectRef, cluster: Cluster, signal: AbortSignal): Promise<void> {
  const body = await cluster.get(ref, signal);
  if (body === undefined) return;
  const { uid } = readItemHeader(body);
  const reply = await cluster.remove(ref, { uid, propagationPolicy: "Background", signal });
  if (reply.ok || reply.status === 404 || reply.status === 409) return;
  const code = reply.status === 403 ? "cluster-forbidden" : "cluster-error";
  throw new Failure(code, `${itemTitle(ref.resource, ref)} cannot be removed: ${reply.message}`, {
    hint: "what was removed before it stays removed; the same command goes on from there",
  });
}

async function untilForgotten(cluster: Cluster, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + UNTIL_FORGOTTEN_MS;
  while (performance.now() < deadline) {
    const { answer } = await askGuard(cluster, signal);
    if (answer !== "answered" && answer !== "failed") return;
    await sleep(POLL_MS, signal);
  }
}
