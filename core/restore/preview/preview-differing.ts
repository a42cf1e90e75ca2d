import { textAt } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { respectAutoscaler } from "#core/restore/autoscalers.ts";
import { CHANGED_SINCE, isChangedSince } from "#core/restore/change-live.ts";
import { restorableForm } from "#core/restore/content-digest.ts";
import { destroyedWith } from "#core/restore/data-keepers.ts";
import { readLiveObjects } from "#core/restore/live-objects.ts";
import { mergePatch } from "#core/restore/merge-patch.ts";
import { conditional } from "#core/restore/overwrite.ts";
import { replacement } from "#core/restore/replacement.ts";
import { ruleFor } from "#core/restore/rules.ts";
import { DIFFERS } from "#core/restore/settle-existing.ts";
import type { PreviewAsk, Previewed, Wished } from "./preview-kind.ts";
import { shownChanges } from "./shown-changes.ts";

/** What becomes of objects of one kind that are there and are not equal to the backup's (settle-existing.ts). */
export async function* previewDiffering(
  ask: PreviewAsk,
  differing: readonly Wished[],
): AsyncGenerator<Previewed> {
  const changed = differing.filter((wished) => isChanged(ask, wished));
  const left = differing.filter((wished) => !isChanged(ask, wished));
  yield* left.map(({ item }): Previewed => ({ item, verdict: { action: "skip", ...whyLeft() } }));
  const [first] = changed;
  if (first === undefined) return;
  const { kind } = first.target;
  const names = changed.map(({ target: { namespace, name } }) => ({ namespace, name }));
  const live = await readLiveObjects(ask.cluster, { kind, names, signal: ask.signal });
  for (const wished of changed) {
    yield previewChange(ask, wished, live.get(`${wished.target.namespace}/${wished.target.name}`));
  }
}

/** Objects that the cluster makes by itself get what they lack, whatever the policy. */
function isChanged({ request }: PreviewAsk, { item }: Wished): boolean {
  return (
    (request.existing !== "skip" && request.existing !== "fail") || ruleFor(item).mergedName === item.name
  );
}

function whyLeft() {
  const { reason, message } = DIFFERS;
  return { reason, message };
}

/** Without a live object: it went meanwhile. */
function previewChange(ask: PreviewAsk, wished: Wished, live: ExactObject | undefined): Previewed {
  const { item, target } = wished;
  if (live === undefined) return { item, verdict: { action: "create" }, wished };
  const changes = changesOf(ask, wished, live);
  if (changes.length === 0) return { item, verdict: { action: "unchanged" } };
  if (isChangedSince(ask, target, live)) return { item, verdict: { action: "fail", ...CHANGED_SINCE } };
  if (ask.request.existing !== "recreate" || mergeOf(ask, item) !== undefined)
    return { item, verdict: { action: "update", changes }, wished: withChange(ask, wished, live) };
  const loss = destroyedWith(target.kind, live, ask.prepared.dataOwners);
  return loss === undefined
    ? { item, verdict: { action: "recreate", changes }, wished }
    : { item, verdict: { action: "fail", ...loss } };
}

/** What an undo takes back, it takes back whole. */
function mergeOf({ prepared }: PreviewAsk, item: Wished["item"]) {
  return prepared.undo === undefined ? ruleFor(item).merge : undefined;
}

/** As it is sent (settle-existing.ts), for the server's opinion. */
function withChange(ask: PreviewAsk, wished: Wished, live: ExactObject): Wished {
  const { item, target, intended } = wished;
  const patch = mergeOf(ask, item)?.(live, intended);
  const identity = {
    uid: textAt(live, ["metadata", "uid"]),
    resourceVersion: textAt(live, ["metadata", "resourceVersion"]),
  };
  if (patch !== undefined) return { ...wished, change: { how: "patch", body: conditional(patch, identity) } };
  const { object } = respectAutoscaler(ask.prepared.autoscaled, target, { live, wished: intended });
  const change =
    ask.request.existing === "replace"
      ? { how: "replace" as const, body: replacement(target.kind, live, object) }
      : { how: "patch" as const, body: restorableForm(target.kind, object) };
  return { ...wished, change: { ...change, body: conditional(change.body, identity) } };
}

/** A live object may have more than the backup's: an update leaves that there, and it is no change. */
function changesOf(ask: PreviewAsk, { item, target, intended }: Wished, live: ExactObject) {
  const { kind } = target;
  const merge = mergeOf(ask, item);
  if (merge !== undefined) {
    const patch = merge(live, intended);
    return patch === undefined ? [] : shownChanges(kind, live, mergePatch(live, patch));
  }
  const { object } = respectAutoscaler(ask.prepared.autoscaled, target, { live, wished: intended });
  const form = (one: ExactObject) => restorableForm(kind, one);
  const result = ask.request.existing === "update" ? mergePatch(form(live), form(object)) : object;
  return shownChanges(kind, form(live), form(result));
}
