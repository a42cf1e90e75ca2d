import { forEachLimited } from "#core/flow/for-each-limited.ts";
import { describeError } from "#core/model/errors.ts";
import { groupResource } from "#core/model/item.ts";
import type { ItemOutcome } from "#core/model/restore.ts";
import { stopIfLost } from "#core/restore/lost-connection.ts";
import type { RestoreRun } from "#core/restore/restore-run.ts";
import { failed, refusedOutcome } from "#core/restore/write-replies.ts";
import { strangersIn } from "./namespace-content.ts";
import type { Removal } from "./removals.ts";

const AT_ONCE = 16;

/** Deletes what the undone restore created, each by its uid; namespaces only when nothing else lies in them. */
export async function removeCreated(run: RestoreRun): Promise<void> {
  const removals = run.prepared.plan.removals;
  const groups = Object.groupBy(removals, ({ kind }) =>
    groupResource(kind) === "namespaces" ? "namespaces" : "objects",
  );
  for (const group of [groups.objects ?? [], groups.namespaces ?? []]) {
    await forEachLimited(group, { concurrency: AT_ONCE, signal: run.signal }, async (removal) => {
      const outcome = await removeOne(run, removal);
      const { kind, namespace, name } = removal;
      const warnings = outcome.result === "skipped" ? [outcome.message] : [];
      run.results.add(kind, { namespace, name, outcome, warnings });
      run.onProgress({ type: "phase-advanced", phase: "restore", done: run.results.done });
    });
  }
}

async function removeOne(run: RestoreRun, removal: Removal): Promise<ItemOutcome> {
  const { kind, namespace, name, uid, action, reason, message } = removal;
  if (action === "gone") return { result: "unchanged" };
  if (action === "keep") return { result: "skipped", reason, message };
  try {
    const strangers = groupResource(kind) === "namespaces" ? await strangersIn(run, name) : [];
    if (strangers.length > 0) return notEmpty(strangers);
    const reply = await run.cluster.remove(
      { resource: kind, namespace, name },
      { uid, propagationPolicy: "Background", signal: run.signal },
    );
    if (reply.ok) return { result: "deleted" };
    return reply.status === 404 ? { result: "unchanged" } : refusedOutcome(reply);
  } catch (error) {
    run.signal.throwIfAborted();
    await stopIfLost(run, error);
    return failed("error", describeError(error));
  }
}

const NAMED = 5;

function notEmpty(strangers: readonly string[]): ItemOutcome {
  const more = strangers.length > NAMED ? ` and ${strangers.length - NAMED} more` : "";
  const message = `it was created by the restore and is kept, for in it lie ${strangers.slice(0, NAMED).join(", ")}${more}`;
  return { result: "skipped", reason: "namespace-not-empty", message };
}
