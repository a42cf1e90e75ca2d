import { forEachLimited } from "#core/flow/for-each-limited.ts";
import { describeError } from "#core/model/errors.ts";
import type { ItemOutcome } from "#core/model/restore.ts";
import { isExactObject, parseExactBytes } from "#core/objects/exact-json.ts";
import { stopIfLost } from "#core/restore/lost-connection.ts";
import type { RestoreRun } from "#core/restore/restore-run.ts";
import { failed, refusedOutcome } from "#core/restore/write-replies.ts";
import { deletionRounds, isNamespace, OWNS_KEPT } from "./kept-together.ts";
import { lookAt, type Removal } from "./look-at-created.ts";
import { strangersIn } from "./namespace-content.ts";
import { lookFacts } from "./removals-of.ts";

const AT_ONCE = 16;

/** How it has gone so far, by uid. */
interface Course {
  /** Deleted, or gone before. */
  readonly gone: Set<string>;
  /** Owners of what stays. */
  readonly held: Set<string>;
}

/**
 * Deletes what the undone restore created and nobody has changed since, each by its uid and in the very state in which
 * it was looked at; namespaces only when nothing else lies in them.
 */
export async function removeCreated(run: RestoreRun): Promise<void> {
  const course: Course = { gone: new Set(), held: new Set() };
  for (const round of deletionRounds(run.prepared.plan.removals)) {
    await forEachLimited(round, { concurrency: AT_ONCE, signal: run.signal }, async (removal) => {
      const outcome = await removeOne(run, removal, course);
      note(course, removal, outcome);
      const { kind, namespace, name } = removal;
      const warnings = outcome.result === "skipped" ? [outcome.message] : [];
      run.results.add(kind, { namespace, name, outcome, warnings });
      run.onProgress({ type: "phase-advanced", phase: "restore", done: run.results.done });
    });
  }
}

function note({ gone, held }: Course, { uid, owners }: Removal, { result }: ItemOutcome): void {
  if (result === "deleted" || result === "unchanged") gone.add(uid);
  else for (const owner of owners) held.add(owner);
}

async function removeOne(run: RestoreRun, removal: Removal, course: Course): Promise<ItemOutcome> {
  try {
    if (removal.action !== "delete") return withoutDeletion(removal);
    if (course.held.has(removal.uid)) return { result: "skipped", ...OWNS_KEPT };
    const strangers = isNamespace(removal) ? await strangersIn(run, removal.name, course.gone) : [];
    return strangers.length > 0 ? notEmpty(strangers) : await deleteAsSeen(run, removal);
  } catch (error) {
    run.signal.throwIfAborted();
    await stopIfLost(run, error);
    return failed("error", describeError(error));
  }
}

function withoutDeletion({ action, reason, message }: Removal): ItemOutcome {
  if (action === "refuse") return failed(reason, message);
  return action === "keep" ? { result: "skipped", reason, message } : { result: "unchanged" };
}

/** It was written since it was looked at, by its controller as a rule: look again, so many times. */
const LOOKS = 5;

async function deleteAsSeen(run: RestoreRun, planned: Removal): Promise<ItemOutcome> {
  let removal = planned;
  for (let look = 1; ; look += 1) {
    const { kind, namespace, name, uid, resourceVersion } = removal;
    const reply = await run.cluster.remove(
      { resource: kind, namespace, name },
      { uid, resourceVersion, propagationPolicy: "Background", signal: run.signal },
    );
    if (reply.ok) return { result: "deleted" };
    if (reply.status === 404) return { result: "unchanged" };
    if (reply.status !== 409 || look === LOOKS) return refusedOutcome(reply);
    removal = await lookAgain(run, removal);
    if (removal.action !== "delete") return withoutDeletion(removal);
  }
}

async function lookAgain(run: RestoreRun, { kind, namespace, name, object }: Removal): Promise<Removal> {
  const bytes = await run.cluster.get({ resource: kind, namespace, name }, run.signal);
  const live = bytes === undefined ? undefined : parseExactBytes(bytes);
  const seen = isExactObject(live) ? live : undefined;
  return lookAt({ object, kind, live: seen }, lookFacts(run.prepared, run.request));
}

const NAMED = 5;

function notEmpty(strangers: readonly string[]): ItemOutcome {
  const more = strangers.length > NAMED ? ` and ${strangers.length - NAMED} more` : "";
  const message = `it was created by the restore and is kept, for in it lie ${strangers.slice(0, NAMED).join(", ")}${more}`;
  return { result: "skipped", reason: "namespace-not-empty", message };
}
