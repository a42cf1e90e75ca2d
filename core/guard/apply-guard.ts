import { sleep } from "#core/flow/sleep.ts";
import type { Cluster, ObjectRef, WriteReply } from "#core/kube/cluster.ts";
import { Failure } from "#core/model/errors.ts";
import { itemTitle } from "#core/model/item.ts";
import { readItemHeader } from "#core/objects/item-header.ts";
import { hintIfForbidden } from "./hint-if-forbidden.ts";
import type { GuardObject } from "./render-guard.ts";
import { type LocatedObject, locateObjects } from "./served-kinds.ts";
import { withoutLeftovers } from "./webhook-leftovers.ts";

export interface AppliedObject {
  readonly ref: ObjectRef;
  readonly result: "created" | "configured" | "unchanged";
}

const INSTALL_RIGHTS =
  "installing needs the rights of cluster-admin; --dry-run=client -o yaml prints it for somebody who has them";

/** Two who create the same object at once: the second meets a conflict and then finds it there. */
const ATTEMPTS = 5;
/** An empty namespace is gone within seconds. */
const UNTIL_GONE_MS = 120_000;
const POLL_MS = 500;

/** Server-side apply of all of it, in order: whoever installs at the same time, or again, ends in the same state. */
export async function applyGuard(
  objects: readonly GuardObject[],
  cluster: Cluster,
  signal: AbortSignal,
): Promise<readonly AppliedObject[]> {
  const located = (await locateObjects(objects, cluster, signal)).map(servedOnly);
  const applied: AppliedObject[] = [];
  for (const one of located) {
    applied.push({ ref: one.ref, result: await applyOne(one, cluster, signal) });
  }
  return applied;
}

interface Served {
  readonly object: GuardObject;
  readonly ref: ObjectRef;
}

/** Before the first of them is applied. */
function servedOnly({ object, ref }: LocatedObject): Served {
  if (ref !== undefined) return { object, ref };
  const isOperators = object.apiVersion.startsWith("monitoring.coreos.com/");
  throw new Failure("kind-unknown", `the cluster serves no ${object.kind} of ${object.apiVersion}`, {
    hint: isOperators
      ? "install the Prometheus operator first, or leave --monitoring out"
      : "the guard needs Kubernetes 1.30 or newer",
  });
}

async function applyOne(
  { object, ref }: Served,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<AppliedObject["result"]> {
  const before = await hintIfForbidden(INSTALL_RIGHTS, () => lastingObject(ref, cluster, signal));
  for (let attempt = 1; ; attempt += 1) {
    const reply = await settle({ object, ref }, cluster, signal);
    if (reply.ok) return resultOf(before, reply);
    if (reply.status !== 409 || attempt === ATTEMPTS) throw refusal(ref, reply);
  }
}

async function settle({ object, ref }: Served, cluster: Cluster, signal: AbortSignal): Promise<WriteReply> {
  const body = Buffer.from(JSON.stringify(object));
  const reply = await cluster.patch(ref, { type: "apply", body }, { fieldValidation: "Strict", signal });
  if (!reply.ok || object.kind !== "ValidatingWebhookConfiguration") return reply;
  const cleared = withoutLeftovers(reply.body, object);
  return cleared === undefined ? reply : await cluster.replace(ref, cleared, { signal });
}

/** What is on its way out (a namespace of an installation just removed) would take with it what is applied to it. */
async function lastingObject(
  ref: ObjectRef,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const deadline = performance.now() + UNTIL_GONE_MS;
  for (;;) {
    const body = await cluster.get(ref, signal);
    if (body === undefined || readItemHeader(body).deletionTimestamp === undefined) return body;
    if (performance.now() > deadline) {
      throw new Failure("refused", `${itemTitle(ref.resource, ref)} is still being deleted`, {
        hint: "try again when it is gone; its status says what holds it",
      });
    }
    await sleep(POLL_MS, signal);
  }
}

function resultOf(before: Uint8Array | undefined, reply: WriteReply & { ok: true }): AppliedObject["result"] {
  if (before === undefined) return "created";
  const version = (body: Uint8Array) => readItemHeader(body).resourceVersion;
  return version(before) === version(reply.body) ? "unchanged" : "configured";
}

function refusal(ref: ObjectRef, { status, reason, message }: WriteReply & { ok: false }): Failure {
  const title = itemTitle(ref.resource, ref);
  const forbidden = status === 403;
  return new Failure(
    forbidden ? "cluster-forbidden" : "cluster-error",
    `${title} cannot be applied: ${message}`,
    {
      hint: forbidden
        ? INSTALL_RIGHTS
        : "what was applied before it stays; the same command goes on from there",
      reply: { status, reason },
    },
  );
}
