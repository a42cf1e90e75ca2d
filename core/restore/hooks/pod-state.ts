import { objectAt, objectsAt, textAt, valueAt } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import type { ExecHook } from "./exec-hook.ts";
import type { InitHook } from "./init-hook.ts";

/** How far a pod is on the way to its hook. */
export type HookState =
  /** Of an init hook: its container has ended well. Of a command: its container is there for it. */
  | { readonly state: "due" }
  | { readonly state: "waiting"; readonly why: string }
  | { readonly state: "over"; readonly why: string };

export function hookState(pod: ExactObject, hook: ExecHook | InitHook): HookState {
  return hook.type === "exec" ? execState(pod, hook) : initState(pod, hook);
}

function execState(pod: ExactObject, { container, waitForReady }: ExecHook): HookState {
  const phase = textAt(pod, ["status", "phase"]);
  if (isOver(phase)) return { state: "over", why: `the pod had ended before (${phase})` };
  const status = statusOf(pod, "containerStatuses", container);
  if (status === undefined || valueAt(status, ["state", "running"]) === undefined)
    return { state: "waiting", why: `container ${container} does not run: ${reasonOf(pod, status)}` };
  if (waitForReady && status["ready"] !== true)
    return { state: "waiting", why: `container ${container} is not ready` };
  return { state: "due" };
}

function initState(pod: ExactObject, { container }: InitHook): HookState {
  const status = statusOf(pod, "initContainerStatuses", container);
  const code = valueAt(status ?? {}, ["state", "terminated", "exitCode"]);
  if (code === 0) return { state: "due" };
  const phase = textAt(pod, ["status", "phase"]);
  const last = code ?? valueAt(status ?? {}, ["lastState", "terminated", "exitCode"]);
  if (isOver(phase)) return { state: "over", why: `it ended with exit code ${String(last ?? "unknown")}` };
  if (last !== undefined && last !== 0)
    return { state: "waiting", why: `it ended with exit code ${String(last)} and is tried again` };
  return { state: "waiting", why: `container ${container} has not ended: ${reasonOf(pod, status)}` };
}

function isOver(phase: string): boolean {
  return phase === "Succeeded" || phase === "Failed";
}

function statusOf(pod: ExactObject, list: string, container: string): ExactObject | undefined {
  return objectsAt(pod, ["status", list]).find((one) => textAt(one, ["name"]) === container);
}

/** Of the container, or why the pod has no node. */
function reasonOf(pod: ExactObject, status: ExactObject | undefined): string {
  const waiting = objectAt(status ?? {}, ["state", "waiting"]);
  const scheduled = objectsAt(pod, ["status", "conditions"]).find((one) => one["type"] === "PodScheduled");
  const told = [
    textAt(waiting, ["message"]) || textAt(waiting, ["reason"]),
    textAt(scheduled ?? {}, ["message"]),
    textAt(pod, ["status", "phase"]),
  ];
  return told.find((text) => text !== "") ?? "nothing is known of it";
}
