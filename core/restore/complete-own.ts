import { annotationKeys } from "#core/model/annotations.ts";
import { itemTitle } from "#core/model/item.ts";
import type { ItemOutcome, Made } from "#core/model/restore.ts";
import { objectsAt, textAt } from "#core/objects/edit-object.ts";
import { isExactObject, parseExactBytes } from "#core/objects/exact-json.ts";
import { contentDigest } from "./content-digest.ts";
import type { LiveState } from "./live-digests.ts";
import { madeOf } from "./made.ts";
import type { RestoreRun } from "./restore-run.ts";
import type { LaterStep } from "./rule.ts";
import type { Wish } from "./write-item.ts";

/** An earlier run of this very restore created it. */
export function isOwn(run: RestoreRun, live: Pick<LiveState, "restoredFrom">): boolean {
  return run.isResumed && live.restoredFrom === run.mark;
}

/**
 * What an earlier run of this restore created and could not finish: the object itself names the steps that it lacks, so
 * that nothing is done twice and nothing rests on what that run managed to write into its journal.
 */
export async function completeOwn(run: RestoreRun, wish: Wish, live: LiveState): Promise<ItemOutcome> {
  run.owners.note(wish.item.uid, live.uid);
  const pending = live.pending.split(",").filter((name) => name !== "");
  const steps = wish.later.filter(({ name }) => pending.includes(name));
  const known = new Set([...steps.map(({ name }) => name), "owners"]);
  const unknown = pending.filter((name) => !known.has(name));
  if (unknown.length > 0)
    run.finish.troubles.push(
      `${titleOf(wish)}: it lacks its last steps (${unknown.join(", ")}): this run knows none of that name`,
    );
  const ref = { resource: wish.target.kind, namespace: wish.target.namespace, name: wish.target.name };
  const { uid, resourceVersion } = live;
  const isQueued = steps.length > 0 || pending.includes("owners");
  const all = unknown.length > 0 && isQueued ? [...steps, stillMissing(unknown)] : steps;
  // Before its owners, which others link as soon as they find them: linked, it would count as finished.
  if (all.length > 0) run.finish.steps.push({ ref, uid, resourceVersion, steps: all });
  if (pending.includes("owners")) await queueOwners(run, wish, live);
  return { result: "created", uid, made: madeBefore(wish, live) };
}

/** Only where it is as it was made: the earlier run may have said it, and somebody may have changed it since. */
function madeBefore({ target: { kind }, body, intended, later }: Wish, live: LiveState): Made | undefined {
  const steps = live.pending === "" ? [] : later;
  const expected = live.pending === "" ? intended : body;
  return contentDigest(kind, expected) === live.digest ? madeOf(kind, expected, steps) : undefined;
}

function stillMissing(names: readonly string[]): LaterStep {
  return {
    name: "",
    patch: { metadata: { annotations: { [annotationKeys.pendingSteps]: names.join(",") } } },
  };
}

export function titleOf({ target }: Wish): string {
  return itemTitle(target.kind, target);
}

/** All of them, known by now or not: what the object has already stays and is not written twice. */
async function queueOwners(run: RestoreRun, wish: Wish, live: LiveState): Promise<void> {
  const ref = { resource: wish.target.kind, namespace: wish.target.namespace, name: wish.target.name };
  const bytes = await run.cluster.get(ref, run.signal);
  const object = bytes === undefined ? undefined : parseExactBytes(bytes);
  if (!isExactObject(object) || textAt(object, ["metadata", "uid"]) !== live.uid) return;
  run.finish.owners.push({
    ref,
    uid: live.uid,
    resourceVersion: textAt(object, ["metadata", "resourceVersion"]),
    linked: objectsAt(object, ["metadata", "ownerReferences"]),
    references: wish.ownerReferences,
  });
}
