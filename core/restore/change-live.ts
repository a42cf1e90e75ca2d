import type { ItemOutcome } from "#core/model/restore.ts";
import { textAt } from "#core/objects/edit-object.ts";
import { type ExactObject, isExactObject, parseExactBytes } from "#core/objects/exact-json.ts";
import { respectAutoscaler } from "./autoscalers.ts";
import { contentDigest } from "./content-digest.ts";
import { createObject } from "./create-object.ts";
import { awaitNeeds } from "./needs.ts";
import type { RestoreRun } from "./restore-run.ts";
import type { Wish } from "./write-item.ts";
import { failed } from "./write-replies.ts";

/** An object as it is in the target at this moment. */
export interface LiveObject {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly object: ExactObject;
  /** As the server sent it. */
  readonly bytes: Uint8Array;
}

/** One attempt at bringing a live object to what is wished. "conflict": it has changed since it was read. */
export type Change = (run: RestoreRun, wish: Wish, live: LiveObject) => Promise<ItemOutcome | "conflict">;

/** Somebody else wrote it at the same moment: read again, so many times. */
const CONFLICTS = 5;

/** Reads the object and changes that very one; what has gone meanwhile is created. */
export async function changeLive(
  run: RestoreRun,
  wish: Wish,
  { uid, change }: { readonly uid: string; readonly change: Change },
): Promise<ItemOutcome> {
  for (let attempt = 1; ; attempt += 1) {
    const live = await readLiveObject(run, wish);
    if (live === undefined) return createObject(run, wish);
    if (live.uid !== uid) return failed("replaced", "another object of this name took its place meanwhile");
    const ended = await changeOnce(run, wish, { live, change });
    if (ended !== "conflict") return ended;
    if (attempt === CONFLICTS) return failed("conflict", "somebody else keeps changing it");
  }
}

async function changeOnce(
  run: RestoreRun,
  wish: Wish,
  { live, change }: { readonly live: LiveObject; readonly change: Change },
): Promise<ItemOutcome | "conflict"> {
  const { kind } = wish.target;
  const respectful = respectfulWish(run, wish, live);
  if (contentDigest(kind, respectful.intended) === contentDigest(kind, live.object))
    return { result: "unchanged" };
  if (isChangedSince(run, wish.target, live.object))
    return failed(CHANGED_SINCE.reason, CHANGED_SINCE.message);
  // Before anything is deleted or overwritten: a webhook that nobody answers for would lock the cluster.
  const ready = await awaitNeeds(run, respectful);
  return "outcome" in ready ? ready.outcome : change(run, ready.wish, live);
}

function respectfulWish(
  { prepared: { autoscaled } }: RestoreRun,
  wish: Wish,
  { object: live }: LiveObject,
): Wish {
  const { object: intended, autoscaler } = respectAutoscaler(autoscaled, wish.target, {
    live,
    wished: wish.intended,
  });
  if (autoscaler === undefined) return wish;
  const { object: body } = respectAutoscaler(autoscaled, wish.target, { live, wished: wish.body });
  const found = `spec.replicas stays as autoscaler ${autoscaler} has set it (--force-conflicts would change it)`;
  if (!wish.findings.includes(found)) wish.findings.push(found);
  return { ...wish, body, intended };
}

export const CHANGED_SINCE = {
  reason: "changed-since",
  message: "it has changed since the restore that is undone; --force-conflicts would overwrite it",
} as const;

/** An undo takes back what the restore did, and nothing that somebody has done since. */
export function isChangedSince(
  { prepared, request }: Pick<RestoreRun, "prepared" | "request">,
  { kind, namespace, name }: Wish["target"],
  live: ExactObject,
): boolean {
  if (prepared.undo === undefined || request.forceConflicts) return false;
  const place = { group: kind.group, resource: kind.resource, namespace, name };
  const uid = textAt(live, ["metadata", "uid"]);
  return !prepared.undo.isAsLeft(place, { uid, digest: contentDigest(kind, live) });
}

/** undefined: it is gone, or on its way out. */
async function readLiveObject(run: RestoreRun, wish: Wish): Promise<LiveObject | undefined> {
  const { kind, namespace, name } = wish.target;
  const bytes = await run.cluster.get({ resource: kind, namespace, name }, run.signal);
  const object = bytes === undefined ? undefined : parseExactBytes(bytes);
  if (bytes === undefined || !isExactObject(object)) return undefined;
  if (textAt(object, ["metadata", "deletionTimestamp"]) !== "") return undefined;
  const uid = textAt(object, ["metadata", "uid"]);
  return { uid, resourceVersion: textAt(object, ["metadata", "resourceVersion"]), object, bytes };
}
