import { describeError } from "#core/model/errors.ts";
import type { ItemOutcome } from "#core/model/restore.ts";
import {
  type ExactObject,
  isExactObject,
  parseExactBytes,
  stringifyExact,
} from "#core/objects/exact-json.ts";
import { readItemHeader } from "#core/objects/item-header.ts";
import { contentDigest, restorableForm } from "./content-digest.ts";
import { objectAt } from "./edit-object.ts";
import { type LiveState, liveState } from "./live-digests.ts";
import { stopIfLost } from "./lost-connection.ts";
import type { RestoreRun } from "./restore-run.ts";
import type { Wish } from "./write-item.ts";
import { failed, refusedOutcome } from "./write-replies.ts";

export const DIFFERS = {
  result: "skipped",
  reason: "differs",
  message: "it exists and differs; --existing=update would change it",
} satisfies ItemOutcome;
export const LEFT_ALONE = {
  result: "skipped",
  reason: "not-selected",
  message: "selected objects refer to it; it is there and left as it is",
} satisfies ItemOutcome;
/** Somebody else wrote it at the same moment: read again, so many times. */
const CONFLICTS = 5;

/** What the policy says for an object that is there already. */
export async function settleExisting(run: RestoreRun, wish: Wish, live: LiveState): Promise<ItemOutcome> {
  run.owners.note(wish.item.uid, live.uid);
  if (wish.target.pulledIn === true) return LEFT_ALONE;
  if (live.pending !== "")
    wish.findings.push(`an earlier restore broke off before its last steps (${live.pending}): it lacks them`);
  if (contentDigest(wish.target.kind, wish.intended) === live.digest) return { result: "unchanged" };
  if (wish.rule.merge !== undefined) return mergeMissing(run, wish);
  switch (run.request.existing) {
    case "skip":
      return DIFFERS;
    case "update":
      return update(run, wish, live);
  }
}

async function update(run: RestoreRun, wish: Wish, found: LiveState): Promise<ItemOutcome> {
  const wanted = restorableForm(wish.target.kind, wish.intended);
  let live = found;
  for (let attempt = 1; ; attempt += 1) {
    const ended = await patchLive(run, wish, { live, patch: wanted });
    if (ended !== "conflict") return ended;
    const object = await readLive(run, wish);
    if (object === undefined) return failed("gone", "it was deleted while it was updated");
    live = liveState(wish.target.kind, object);
    if (live.uid !== found.uid)
      return failed("replaced", "another object of this name took its place meanwhile");
    if (attempt === CONFLICTS) return failed("conflict", "somebody else keeps changing it");
  }
}

/** For objects that the cluster makes by itself: adds what is missing, whatever the policy. */
async function mergeMissing(run: RestoreRun, wish: Wish): Promise<ItemOutcome> {
  for (let attempt = 1; ; attempt += 1) {
    const object = await readLive(run, wish);
    if (object === undefined) return failed("gone", "it was deleted while it was merged");
    const patch = wish.rule.merge?.(object, wish.intended);
    if (patch === undefined) return { result: "unchanged" };
    const ended = await patchLive(run, wish, { live: liveState(wish.target.kind, object), patch });
    if (ended !== "conflict") return ended;
    if (attempt === CONFLICTS) return failed("conflict", "somebody else keeps changing it");
  }
}

async function readLive(run: RestoreRun, wish: Wish): Promise<ExactObject | undefined> {
  const { kind, namespace, name } = wish.target;
  const bytes = await run.cluster.get({ resource: kind, namespace, name }, run.signal);
  const object = bytes === undefined ? undefined : parseExactBytes(bytes);
  return isExactObject(object) ? object : undefined;
}

/** Only that very object in that very state: its uid and resourceVersion are preconditions. */
async function patchLive(
  run: RestoreRun,
  wish: Wish,
  { live, patch }: { readonly live: LiveState; readonly patch: ExactObject },
): Promise<ItemOutcome | "conflict"> {
  const { kind, namespace, name } = wish.target;
  const { uid, resourceVersion } = live;
  const metadata = { ...objectAt(patch, ["metadata"]), uid, resourceVersion };
  try {
    const reply = await run.cluster.patch(
      { resource: kind, namespace, name },
      { type: "merge", body: Buffer.from(stringifyExact({ ...patch, metadata })) },
      { signal: run.signal, ...(run.request.strict && { fieldValidation: "Strict" }) },
    );
    wish.warnings.push(...reply.warnings);
    if (!reply.ok) return reply.status === 409 ? "conflict" : refusedOutcome(reply);
    // A patch that changes nothing leaves the resourceVersion as it was.
    const changed = readItemHeader(reply.body).resourceVersion !== resourceVersion;
    return { result: changed ? "updated" : "unchanged" };
  } catch (error) {
    run.signal.throwIfAborted();
    await stopIfLost(run, error);
    return failed("connection", describeError(error));
  }
}
