import type { ItemOutcome } from "#core/model/restore.ts";
import { type Change, changeLive } from "./change-live.ts";
import { completeOwn, isOwn, titleOf } from "./complete-own.ts";
import { contentDigest, restorableForm } from "./content-digest.ts";
import type { LiveState } from "./live-digests.ts";
import { mergePatch } from "./merge-patch.ts";
import { patchLive, replaceLive } from "./overwrite.ts";
import { recreate } from "./recreate.ts";
import { replacement } from "./replacement.ts";
import type { RestoreRun } from "./restore-run.ts";
import type { Wish } from "./write-item.ts";
import { failed } from "./write-replies.ts";

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

/** What the policy says for an object that is there already. */
export async function settleExisting(run: RestoreRun, wish: Wish, live: LiveState): Promise<ItemOutcome> {
  const outcome = await settle(run, wish, live);
  // What was made anew has told its new uid.
  const isOther = outcome.result === "recreated" || outcome.result === "created";
  if (isOther) return outcome;
  run.owners.note(wish.item.uid, live.uid);
  const lacks = stepsLacking(wish, live, outcome);
  if (lacks.length > 0)
    run.finish.troubles.push(
      `${titleOf(wish)}: an earlier restore broke off before its last steps (${lacks.join(",")}): it lacks them`,
    );
  return outcome;
}

/** What is as it is meant to be has had those of its steps that are part of its content. */
function stepsLacking({ later }: Wish, { pending }: LiveState, { result }: ItemOutcome): readonly string[] {
  const isMended = result === "updated" || result === "unchanged";
  const ofContent = later.filter(
    ({ patch, subresource }) =>
      subresource === undefined && Object.keys(patch).some((key) => key !== "metadata"),
  );
  const done = new Set(isMended ? ofContent.map(({ name }) => name) : []);
  return pending.split(",").filter((name) => name !== "" && !done.has(name));
}

async function settle(run: RestoreRun, wish: Wish, live: LiveState): Promise<ItemOutcome> {
  const isEqual = contentDigest(wish.target.kind, wish.intended) === live.digest;
  // Whole once, and different now: somebody has changed it since, and the policy says what becomes of that.
  if (isOwn(run, live) && (live.pending !== "" || isEqual)) return completeOwn(run, wish, live);
  if (wish.target.pulledIn === true) return LEFT_ALONE;
  if (isEqual) return { result: "unchanged" };
  if (wish.rule.mergedName === wish.item.name && run.prepared.undo === undefined)
    return changeLive(run, wish, { uid: live.uid, change: mergeMissing });
  switch (run.request.existing) {
    case "skip":
      return DIFFERS;
    case "fail":
      return failed("exists", "it was not there when the restore looked; --existing=fail leaves it as it is");
    case "update":
    case "replace":
    case "recreate":
      return changeLive(run, wish, { uid: live.uid, change: CHANGES[run.request.existing] });
  }
}

/** For objects that the cluster makes by itself: adds what is missing, whatever the policy. */
const mergeMissing: Change = async (run, wish, live) => {
  const patch = wish.rule.merge?.(live.object, wish.intended);
  return patch === undefined ? { result: "unchanged" } : patchLive(run, wish, { live, patch });
};

/** What is only in the live object stays, so that an object which merely has more is no work at all. */
const update: Change = async (run, wish, live) => {
  const { kind } = wish.target;
  const patch = restorableForm(kind, wish.intended);
  const merged = mergePatch(restorableForm(kind, live.object), patch);
  if (contentDigest(kind, merged) === contentDigest(kind, live.object)) return { result: "unchanged" };
  return patchLive(run, wish, { live, patch });
};

const replace: Change = async (run, wish, live) => {
  const object = replacement(wish.target.kind, live.object, wish.intended);
  const ended = await replaceLive(run, wish, { live, object });
  // What the undone restore had to recreate has to be recreated again.
  const isTakenBack = run.prepared.undo !== undefined && ended !== "conflict" && ended.result === "failed";
  return isTakenBack && ended.reason === "immutable" ? recreate(run, wish, live) : ended;
};

const CHANGES: Readonly<Record<"update" | "replace" | "recreate", Change>> = { update, replace, recreate };
