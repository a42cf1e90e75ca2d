import { describeError } from "#core/model/errors.ts";
import type { HookEntry } from "#core/model/restore-journal.ts";
import { textAt } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import type { RestoreRun } from "#core/restore/restore-run.ts";
import type { ExecHook } from "./exec-hook.ts";
import { programName } from "./hook-annotations.ts";
import type { DueHook, HookEnd } from "./hook-book.ts";
import { uidOf } from "./hook-pods.ts";

type End = Pick<HookEnd, "result" | "message">;

/** What a timer can count. */
const MOST_MS = 2 ** 31 - 1;
const MOST_WORDS = 500;

/** Runs a hook's command in a pod: noted before it begins, and when it has ended. */
export async function runCommand(
  run: RestoreRun,
  { due, hook }: { readonly due: DueHook; readonly hook: ExecHook },
  pod: ExactObject,
): Promise<End> {
  const note = (state: HookEntry["state"], message?: string) =>
    run.journal.addNow({
      type: "hook",
      at: run.now().toISOString(),
      group: due.kind.group,
      resource: due.kind.resource,
      namespace: due.namespace,
      name: due.name,
      uid: due.uid,
      pod: textAt(pod, ["metadata", "name"]),
      podUid: uidOf(pod),
      container: hook.container,
      state,
      ...(message !== undefined && { message }),
    });
  if (!(await note("begun"))) {
    const message =
      "that it begins could not be stored, and a restore that goes on with this one would run it again";
    return { result: "not-run", message };
  }
  const failure = await execute(run, hook, pod);
  await note(failure === undefined ? "ran" : "failed", failure);
  return failure === undefined ? { result: "ran" } : { result: "failed", message: failure };
}

/** undefined: it has ended with exit code 0. */
async function execute(
  { cluster, signal }: RestoreRun,
  { command, container, execTimeoutSeconds }: ExecHook,
  pod: ExactObject,
): Promise<string | undefined> {
  const timeOut = AbortSignal.timeout(Math.min(execTimeoutSeconds * 1000, MOST_MS));
  try {
    const end = await cluster.exec({
      namespace: textAt(pod, ["metadata", "namespace"]),
      pod: textAt(pod, ["metadata", "name"]),
      container,
      command,
      signal: AbortSignal.any([signal, timeOut]),
    });
    if (end.type === "exited") return end.code === 0 ? undefined : `exit code ${end.code}`;
    return `it did not start${wordsOf(end.message, command)}`;
  } catch (error) {
    signal.throwIfAborted();
    if (timeOut.aborted)
      return `it had not ended after ${execTimeoutSeconds} s, and may still be running in its container`;
    return describeError(error);
  }
}

/** The runtime's words are left out where they repeat what the command was given. */
function wordsOf(message: string, command: readonly string[]): string {
  const isPlain = programName(command) === command[0];
  const repeats = command.slice(1).some((word) => word.length > 3 && message.includes(word));
  return message === "" || !isPlain || repeats ? "" : `: ${message.slice(0, MOST_WORDS)}`;
}
