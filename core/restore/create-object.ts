import { sleep } from "#core/flow/sleep.ts";
import type { ObjectRef, WriteReply } from "#core/kube/cluster.ts";
import { annotationKeys } from "#core/model/annotations.ts";
import { Failure } from "#core/model/errors.ts";
import { groupResource } from "#core/model/item.ts";
import type { ItemOutcome } from "#core/model/restore.ts";
import { textAt, withoutKeys } from "#core/objects/edit-object.ts";
import {
  type ExactObject,
  isExactObject,
  parseExactBytes,
  stringifyExact,
} from "#core/objects/exact-json.ts";
import { isBuiltInGroup } from "./built-in-groups.ts";
import { completeOwn, isOwn } from "./complete-own.ts";
import { liveState } from "./live-digests.ts";
import { madeOf } from "./made.ts";
import { awaitNeeds } from "./needs.ts";
import type { RestoreRun } from "./restore-run.ts";
import type { Softened } from "./rule.ts";
import { settleExisting } from "./settle-existing.ts";
import { waitUntilGone } from "./wait-until-gone.ts";
import type { Wish } from "./write-item.ts";
import { failed, isAlreadyThere, isPathAbsent, type Refused, refusedOutcome } from "./write-replies.ts";

/** Replies lost in a row before an item is given up. */
const ATTEMPTS = 3;
const PATH_ABSENT_PAUSE_MS = 250;

/** Creates an object that the plan found absent, and copes with what may have changed since. */
export async function createObject(run: RestoreRun, wish: Wish): Promise<ItemOutcome> {
  const { live } = wish.target;
  if (live?.terminating === true && !(await waitUntilGone(run, refOf(wish), live.uid))) {
    return failed(
      "still-terminating",
      "an object of this name is being deleted and was still there at the timeout",
    );
  }
  const ready = await awaitNeeds(run, wish);
  return "outcome" in ready ? ready.outcome : createReady(run, ready.wish);
}

async function createReady(run: RestoreRun, wish: Wish): Promise<ItemOutcome> {
  for (let lost = 0; lost < ATTEMPTS; lost += 1) {
    const reply = await postWherePathIsThere(run, wish);
    if (reply !== "lost") return settleReply(run, wish, reply);
    const found = await afterLostReply(run, wish);
    if (found !== undefined) return found;
  }
  return failed("connection", "the connection broke each time it was created");
}

/** The path of a kind whose definition has just been established may come up seconds later. */
async function postWherePathIsThere(run: RestoreRun, wish: Wish): Promise<WriteReply | "lost"> {
  for (;;) {
    const reply = await post(run, wish.body, wish);
    if (reply === "lost" || reply.ok || !isPathAbsent(reply) || !mayComeUp(run, wish)) return reply;
    await sleep(PATH_ABSENT_PAUSE_MS, run.signal);
  }
}

function settleReply(run: RestoreRun, wish: Wish, reply: WriteReply): Promise<ItemOutcome> | ItemOutcome {
  if (reply.ok) return noteCreated(run, wish, reply);
  const why = run.finish.unestablished.get(groupResource(wish.target.kind));
  if (why !== undefined && isPathAbsent(reply)) {
    return failed("kind-not-established", `its definition was created but is not established: ${why}`);
  }
  return isAlreadyThere(reply) ? meetNamesake(run, wish, reply) : soften(run, wish, reply);
}

function refOf({ target }: Wish): ObjectRef {
  return { resource: target.kind, namespace: target.namespace, name: target.name };
}

async function post(run: RestoreRun, body: ExactObject, wish: Wish): Promise<WriteReply | "lost"> {
  try {
    const reply = await run.cluster.create(refOf(wish), Buffer.from(stringifyExact(body)), {
      signal: run.signal,
      ...(run.request.strict && { fieldValidation: "Strict" }),
    });
    wish.warnings.push(...reply.warnings);
    return reply;
  } catch (error) {
    run.signal.throwIfAborted();
    if (error instanceof Failure && error.retryable) return "lost";
    throw error;
  }
}

/** The server may have created it and only its answer was lost: then the object carries this restore's mark. */
async function afterLostReply(run: RestoreRun, wish: Wish): Promise<ItemOutcome | undefined> {
  const object = await readLive(run, wish);
  return object === undefined ? undefined : settleFound(run, wish, object);
}

async function readLive(run: RestoreRun, wish: Wish): Promise<ExactObject | undefined> {
  const bytes = await run.cluster.get(refOf(wish), run.signal);
  const object = bytes === undefined ? undefined : parseExactBytes(bytes);
  return isExactObject(object) ? object : undefined;
}

function settleFound(run: RestoreRun, wish: Wish, object: ExactObject): Promise<ItemOutcome> | ItemOutcome {
  if (textAt(object, ["metadata", "annotations", annotationKeys.restoredFrom]) === run.mark) {
    const live = liveState(wish.target.kind, object);
    // An earlier run's request may arrive after that run's end.
    if (isOwn(run, live)) return completeOwn(run, wish, live);
    noteIdentity(run, wish, live);
    return { result: "created", uid: live.uid, made: madeOf(wish.target.kind, object, wish.later) };
  }
  return settleExisting(run, wish, liveState(wish.target.kind, object));
}

/** Made meanwhile by a controller or by somebody else, or on its way out. */
async function meetNamesake(run: RestoreRun, wish: Wish, reply: Refused): Promise<ItemOutcome> {
  const object = await readLive(run, wish);
  if (object !== undefined && textAt(object, ["metadata", "deletionTimestamp"]) === "") {
    return settleFound(run, wish, object);
  }
  const uid = object === undefined ? "" : textAt(object, ["metadata", "uid"]);
  if (object !== undefined && !(await waitUntilGone(run, refOf(wish), uid))) return refusedOutcome(reply);
  const again = await post(run, wish.body, wish);
  if (again === "lost") return failed("connection", "the connection broke while it was created");
  return again.ok ? noteCreated(run, wish, again) : refusedOutcome(again);
}

/** Another form of the object that its rule knows for such a refusal. */
async function soften(run: RestoreRun, wish: Wish, reply: Refused): Promise<ItemOutcome> {
  const { status, message } = reply;
  const softened =
    wish.rule.afterRefusal?.(wish.body, { status, message, request: run.request }) ??
    withoutMarks(wish.body, reply);
  if (softened === undefined) return refusedOutcome(reply);
  wish.warnings.push(softened.warning);
  const again = await post(run, softened.object, wish);
  if (again === "lost") return failed("connection", "the connection broke while it was created");
  return again.ok ? noteCreated(run, wish, again) : refusedOutcome(again);
}

/** Annotations may hold 256 KiB in all; an object that fills them has no room for this restore's own. */
function withoutMarks(body: ExactObject, { status, message }: Refused): Softened | undefined {
  if (status !== 422 || !/annotations: Too long/.test(message)) return undefined;
  const own: readonly string[] = [annotationKeys.restoredFrom, annotationKeys.pendingSteps];
  return {
    object: withoutKeys(body, ["metadata", "annotations"], (key) => own.includes(key)),
    warning: "its annotations are full: it does not say which restore made it",
  };
}

function mayComeUp(run: RestoreRun, wish: Wish): boolean {
  if (run.finish.unestablished.has(groupResource(wish.target.kind))) return false;
  return !isBuiltInGroup(wish.target.kind.group) && performance.now() < run.definitionsReadyBy.at;
}

function noteCreated(run: RestoreRun, wish: Wish, reply: Extract<WriteReply, { ok: true }>): ItemOutcome {
  const object = parseExactBytes(reply.body);
  if (!isExactObject(object)) throw new SyntaxError("the server's answer is not a JSON object");
  const uid = textAt(object, ["metadata", "uid"]);
  noteIdentity(run, wish, { uid, resourceVersion: textAt(object, ["metadata", "resourceVersion"]) });
  return { result: "created", uid, made: madeOf(wish.target.kind, object, wish.later) };
}

function noteIdentity(
  run: RestoreRun,
  wish: Wish,
  { uid, resourceVersion }: { readonly uid: string; readonly resourceVersion: string },
): void {
  const ref = refOf(wish);
  run.owners.note(wish.item.uid, uid);
  if (wish.unknownOwners.length > 0) {
    const { unknownOwners: references, linkedOwners: linked } = wish;
    run.finish.owners.push({ ref, uid, resourceVersion, linked, references });
  }
  if (wish.later.length > 0) run.finish.steps.push({ ref, uid, resourceVersion, steps: wish.later });
}
