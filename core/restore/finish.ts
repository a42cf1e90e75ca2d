import { forEachLimited } from "#core/flow/for-each-limited.ts";
import { isOfAnother } from "#core/kube/changed-identity.ts";
import type { ObjectRef, WriteReply } from "#core/kube/cluster.ts";
import { annotationKeys } from "#core/model/annotations.ts";
import { describeError } from "#core/model/errors.ts";
import { groupResource, itemTitle } from "#core/model/item.ts";
import { objectAt, objectsAt, textAt } from "#core/objects/edit-object.ts";
import {
  type ExactObject,
  isExactObject,
  parseExactBytes,
  stringifyExact,
} from "#core/objects/exact-json.ts";
import { stopIfLost } from "./lost-connection.ts";
import { mergePatch } from "./merge-patch.ts";
import { type FindStranger, findStrangers } from "./owner-lookup.ts";
import { isToCome, joinOwners, type PendingOwners } from "./owners.ts";
import type { RestoreRun } from "./restore-run.ts";
import type { LaterStep } from "./rule.ts";

const AT_ONCE = 16;
const CONFLICTS = 5;

/** The steps that need everything to be there: owner references first, then what the rules left for later. */
export function finishObjects(run: RestoreRun): Promise<void> {
  return finishOpen(run, new Set());
}

/**
 * The same at the end of a wave, before the webhooks and policies of the last of them come, since they could refuse
 * every one of these steps as long as nothing answers for them; but not for objects whose owners are yet to come, nor
 * with steps that wait for more than this wave.
 */
export function finishWave(run: RestoreRun, isLastWave: boolean): Promise<void> {
  const early = run.finish.owners.filter(({ references }) =>
    references.some((reference) => isToCome(run, textAt(reference, ["uid"]))),
  );
  const waiting = run.finish.steps.filter(({ steps }) =>
    steps.some(({ after }) => after === "gates" || (after === "objects" && !isLastWave)),
  );
  return finishOpen(run, new Set([...early, ...waiting].map(({ uid }) => uid)));
}

/**
 * Owner references alone, and only where every owner is known by now: what had to be created before its owners is linked
 * while others are still being created.
 */
export function linkKnownOwners(run: RestoreRun): Promise<void> {
  const unknown = run.finish.owners.filter(({ references }) =>
    references.some((reference) => run.owners.newUid(textAt(reference, ["uid"])) === undefined),
  );
  return finishOpen(run, new Set([...unknown, ...run.finish.steps].map(({ uid }) => uid)));
}

/** All but those that have been finished, and those named by uid. */
async function finishOpen(run: RestoreRun, early: ReadonlySet<string>): Promise<void> {
  const { finished } = run.finish;
  const isDue = ({ uid }: { readonly uid: string }) => !finished.has(uid) && !early.has(uid);
  // Both before anything is awaited: others may be creating, and what they leave for later is not due by that.
  const [owners, steps] = [run.finish.owners.filter(isDue), run.finish.steps.filter(isDue)];
  const strangers = await findStrangers(run, owners);
  const todos = new Map<string, Todo>();
  for (const pending of owners) {
    const references = resolveOwners(run, pending, strangers);
    const { ref, uid, resourceVersion, linked } = pending;
    todos.set(keyOf(ref), { ref, uid, resourceVersion, steps: [], owners: { linked, references } });
  }
  for (const pending of steps) {
    todos.set(keyOf(pending.ref), { owners: undefined, ...todos.get(keyOf(pending.ref)), ...pending });
  }
  await forEachLimited(todos.values(), { concurrency: AT_ONCE, signal: run.signal }, async (todo) => {
    const trouble = await finishObject(run, todo);
    finished.add(todo.uid);
    if (trouble !== undefined)
      run.finish.troubles.push(`${itemTitle(todo.ref.resource, todo.ref)}: ${trouble}`);
  });
}

interface Todo {
  readonly ref: ObjectRef;
  readonly uid: string;
  /** As it was created. */
  readonly resourceVersion: string;
  readonly owners: Pick<PendingOwners, "linked" | "references"> | undefined;
  readonly steps: readonly LaterStep[];
}

function keyOf(ref: ObjectRef): string {
  return `${groupResource(ref.resource)} ${ref.namespace}/${ref.name}`;
}

/** Owners that are neither restored nor in the cluster are left out: a reference to nothing gets a child deleted. */
function resolveOwners(
  run: RestoreRun,
  { ref, references }: PendingOwners,
  strangers: FindStranger,
): readonly ExactObject[] {
  return references.flatMap((reference) => {
    const uid = run.owners.newUid(textAt(reference, ["uid"])) ?? strangers(reference, ref.namespace);
    if (uid !== undefined) return [{ ...reference, uid }];
    const owner = `${textAt(reference, ["kind"])} ${textAt(reference, ["name"])}`;
    run.finish.notes.push(
      `${itemTitle(ref.resource, ref)}: its owner ${owner} is not there; the reference was left out`,
    );
    return [];
  });
}

async function finishObject(run: RestoreRun, todo: Todo): Promise<string | undefined> {
  try {
    for (const { patch } of todo.steps.filter(({ subresource }) => subresource === "status")) {
      const trouble = await patchStatus(run, todo, patch);
      if (trouble !== undefined) return trouble;
    }
    const plain = todo.steps.filter(({ subresource }) => subresource === undefined);
    const steps = plain.reduce<ExactObject>((joined, { patch }) => mergePatch(joined, patch), {});
    return await patchOwners(run, todo, steps);
  } catch (error) {
    run.signal.throwIfAborted();
    await stopIfLost(run, error);
    return describeError(error);
  }
}

/** A custom resource's status is written whatever uid the patch names; only its resourceVersion is looked at. */
async function patchStatus(run: RestoreRun, todo: Todo, patch: ExactObject): Promise<string | undefined> {
  let { resourceVersion } = todo;
  for (let attempt = 1; ; attempt += 1) {
    const body = { ...patch, metadata: { uid: todo.uid, resourceVersion } };
    const reply = await send(run, todo, { body, subresource: "status" });
    // 404: the kind has no such subresource, and the object has had its status since it was created.
    if (reply.ok || reply.status === 404) return undefined;
    if (reply.status !== 409 || attempt === CONFLICTS) return refusal(reply);
    const live = await readLive(run, todo);
    if (live === undefined) return CHANGED;
    resourceVersion = live.resourceVersion;
  }
}

/** A merge patch replaces the list of owners whole: what a controller wrote there meanwhile must survive. */
async function patchOwners(run: RestoreRun, todo: Todo, steps: ExactObject): Promise<string | undefined> {
  let known: KnownOwners | undefined = todo.owners && { ...todo, present: todo.owners.linked };
  for (let attempt = 1; ; attempt += 1) {
    const reply = await send(run, todo, { body: lastPatch(todo, steps, known) });
    if (reply.ok) return undefined;
    if (reply.status !== 409 || attempt === CONFLICTS) return refusal(reply);
    const live = await readLive(run, todo);
    if (live === undefined) return CHANGED;
    known &&= live;
  }
}

const CHANGED = "changed meanwhile: another object has taken its name, or it is gone; it was left as it is";

function refusal(reply: Extract<WriteReply, { ok: false }>): string {
  return isOfAnother(reply) ? CHANGED : reply.message;
}

interface KnownOwners {
  readonly resourceVersion: string;
  readonly present: readonly ExactObject[];
}

/** Takes the pending-steps mark away with the last of them. */
function lastPatch({ uid, owners }: Todo, steps: ExactObject, known: KnownOwners | undefined): ExactObject {
  const annotations = {
    [annotationKeys.pendingSteps]: null,
    // Steps that this run does not know stay named there.
    ...objectAt(steps, ["metadata", "annotations"]),
  };
  const metadata = { ...objectAt(steps, ["metadata"]), uid, annotations };
  if (known === undefined || owners === undefined) return { ...steps, metadata };
  const ownerReferences = joinOwners(known.present, owners.references);
  return { ...steps, metadata: { ...metadata, ownerReferences, resourceVersion: known.resourceVersion } };
}

/** undefined: it is not that very object any more. */
async function readLive(run: RestoreRun, { ref, uid }: Todo): Promise<KnownOwners | undefined> {
  const bytes = await run.cluster.get(ref, run.signal);
  const object = bytes === undefined ? undefined : parseExactBytes(bytes);
  if (!isExactObject(object) || textAt(object, ["metadata", "uid"]) !== uid) return undefined;
  return {
    resourceVersion: textAt(object, ["metadata", "resourceVersion"]),
    present: objectsAt(object, ["metadata", "ownerReferences"]),
  };
}

function send(
  run: RestoreRun,
  { ref }: Todo,
  { body, subresource }: { readonly body: ExactObject; readonly subresource?: "status" },
): Promise<WriteReply> {
  return run.cluster.patch(
    ref,
    { type: "merge", body: Buffer.from(stringifyExact(body)) },
    { signal: run.signal, ...(subresource !== undefined && { subresource }) },
  );
}
