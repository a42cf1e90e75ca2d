import type { ItemKind } from "#core/model/item.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { restorableForm } from "#core/restore/content-digest.ts";
import { mergePatch } from "#core/restore/merge-patch.ts";
import { ruleFor } from "#core/restore/rules.ts";
import { DIFFERS } from "#core/restore/settle-existing.ts";
import { readLiveObjects } from "./live-objects.ts";
import type { PreviewAsk, Previewed, Wished } from "./preview-kind.ts";
import { type ShownChange, shownChanges } from "./shown-changes.ts";

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
    yield previewUpdate(wished, live.get(`${wished.target.namespace}/${wished.target.name}`));
  }
}

/** Objects that the cluster makes by itself get what they lack, whatever the policy. */
function isChanged({ request }: PreviewAsk, { item }: Wished): boolean {
  return request.existing !== "skip" || ruleFor(item).merge !== undefined;
}

function whyLeft() {
  const { reason, message } = DIFFERS;
  return { reason, message };
}

/** Without a live object: it went meanwhile. */
function previewUpdate(wished: Wished, live: ExactObject | undefined): Previewed {
  const { item } = wished;
  if (live === undefined) return { item, verdict: { action: "create" }, wished };
  const changes = changesOf(wished, live);
  return changes.length === 0
    ? { item, verdict: { action: "unchanged" } }
    : { item, verdict: { action: "update", changes }, wished };
}

/** A live object may have more than the backup's: what is only added stays, and is no change. */
function changesOf({ item, target, intended }: Wished, live: ExactObject): readonly ShownChange[] {
  const { merge } = ruleFor(item);
  if (merge !== undefined) {
    const patch = merge(live, intended);
    return patch === undefined ? [] : shownChanges(target.kind, live, mergePatch(live, patch));
  }
  const form = (object: ExactObject, kind: ItemKind = target.kind) => restorableForm(kind, object);
  return shownChanges(target.kind, form(live), form(mergePatch(form(live), form(intended))));
}
