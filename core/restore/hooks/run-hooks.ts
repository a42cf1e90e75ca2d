import { createLimit } from "#core/flow/limit.ts";
import { PODS } from "#core/model/known-kinds.ts";
import { followObjects } from "#core/restore/follow-objects.ts";
import type { RestoreRun } from "#core/restore/restore-run.ts";
import { hasReadyNode } from "#core/restore/wait.ts";
import { NO_EARLIER_HOOKS } from "./earlier-hooks.ts";
import type { DueHook } from "./hook-book.ts";
import { HookPods } from "./hook-pods.ts";
import { PodBoard } from "./pod-board.ts";
import { type HookScene, serveHook } from "./serve-hook.ts";

/** Each is one connection. */
const COMMANDS_AT_ONCE = 8;

/** Runs the hooks of what has been created since this was called last, each when its container is up. */
export async function runHooks(run: RestoreRun, timeoutSeconds: number): Promise<void> {
  const due = run.hooks.takeDue();
  if (due.length === 0) return;
  if (!(await hasReadyNode(run.cluster, run.signal))) {
    for (const one of due) {
      run.hooks.end(one, withoutNodes(one));
      run.hooks.open.delete(one);
    }
    return;
  }
  let done = 0;
  run.onProgress({ type: "phase-started", phase: "hooks" });
  const onEnd = () => {
    done += 1;
    run.onProgress({ type: "phase-advanced", phase: "hooks", done });
  };
  const hasCommands = due.some(({ hook }) => hook.type === "exec");
  const earlier = hasCommands ? await run.earlierHooks() : NO_EARLIER_HOOKS;
  const shared = { earlier, limit: createLimit(COMMANDS_AT_ONCE), timeoutSeconds, onEnd };
  const byNamespace = Map.groupBy(due, ({ namespace }) => namespace);
  await Promise.all(
    [...byNamespace].map(([namespace, hooks]) => serveNamespace(run, { namespace, hooks }, shared)),
  );
  run.signal.throwIfAborted();
  run.onProgress({ type: "phase-ended", phase: "hooks", done });
}

/** A container that was put in runs when its pod does; a command is not run by anybody any more. */
function withoutNodes({ hook }: DueHook) {
  const isIdle = hook.type === "init";
  return { result: "not-run", message: "no node is Ready: its pods cannot start", isIdle } as const;
}

async function serveNamespace(
  run: RestoreRun,
  { namespace, hooks }: { readonly namespace: string; readonly hooks: readonly DueHook[] },
  shared: Omit<HookScene, "board" | "pods">,
): Promise<void> {
  const scene = { ...shared, board: new PodBoard(), pods: new HookPods(run) };
  const over = new AbortController();
  const signal = AbortSignal.any([run.signal, over.signal]);
  const following = followObjects(
    run.cluster,
    { resource: PODS, namespace, signal },
    scene.board.follower,
  ).catch((error: unknown) => {
    if (!signal.aborted) scene.board.fail(error);
  });
  try {
    await Promise.all(hooks.map((due) => serveHook(run, due, scene)));
  } finally {
    over.abort();
    await following;
  }
}
