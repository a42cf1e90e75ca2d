import type { ItemOutcome } from "#core/model/restore.ts";
import { stringifyExact } from "#core/objects/exact-json.ts";
import type { Change, LiveObject } from "./change-live.ts";
import { createObject } from "./create-object.ts";
import { destroyedWith } from "./data-keepers.ts";
import { keepBefore, refOf } from "./overwrite.ts";
import type { RestoreRun } from "./restore-run.ts";
import { waitUntilGone } from "./wait-until-gone.ts";
import type { Wish } from "./write-item.ts";
import { failed, isAlreadyThere, refusedOutcome } from "./write-replies.ts";

/** Deletes that very object with what belongs to it, waits until it is gone, and creates it. */
export const recreate: Change = async (run, wish, live) => {
  const loss = destroyedWith(wish.target.kind, live.object, run.prepared.dataOwners);
  if (loss !== undefined) return failed(loss.reason, loss.message);
  if (wish.remade === true)
    return failed("replaced", "another object took its place as soon as it was deleted");
  return (await objection(run, wish)) ?? (await deleteAndCreate(run, wish, live));
};

/** Asked before anything is deleted: what the server would refuse is not worth losing what is there. */
async function objection(run: RestoreRun, wish: Wish): Promise<ItemOutcome | undefined> {
  const reply = await run.cluster.create(refOf(wish), Buffer.from(stringifyExact(wish.body)), {
    dryRun: true,
    signal: run.signal,
    ...(run.request.strict && { fieldValidation: "Strict" }),
  });
  // The name is looked at last: an object that is refused for its name alone is good.
  if (reply.ok || isAlreadyThere(reply) || isNoVerdict(reply.message)) return undefined;
  const { status, message } = reply;
  const softened = wish.rule.afterRefusal?.(wish.body, { status, message, request: run.request });
  return softened === undefined ? refusedOutcome(reply) : undefined;
}

/** A webhook that cannot be asked without acting. */
function isNoVerdict(message: string): boolean {
  return message.includes("does not support dry run");
}

async function deleteAndCreate(
  run: RestoreRun,
  wish: Wish,
  live: LiveObject,
): Promise<ItemOutcome | "conflict"> {
  const ref = refOf(wish);
  const { uid, resourceVersion } = live;
  await keepBefore(run, wish, { live, result: wish.intended });
  // In the foreground, so that what belonged to the old object is not taken for the new one's.
  const reply = await run.cluster.remove(ref, {
    uid,
    resourceVersion,
    propagationPolicy: "Foreground",
    signal: run.signal,
  });
  if (!reply.ok && reply.status === 409) return "conflict";
  if (!reply.ok && reply.status !== 404) return refusedOutcome(reply);
  if (!(await waitUntilGone(run, ref, uid)))
    return failed("still-terminating", "it was deleted to be recreated and was still there at the timeout");
  const outcome = await createObject(run, { ...wish, remade: true });
  if (outcome.result === "created") return { ...outcome, result: "recreated" };
  if (outcome.result !== "failed") return outcome;
  return failed(outcome.reason, `it was deleted, and could not be created anew: ${outcome.message}`);
}
