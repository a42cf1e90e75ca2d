import { restoreHookKeys } from "#core/model/annotations.ts";
import { objectsAt, textAt } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { annotationOf, commandWords, durationOf } from "./hook-annotations.ts";

/** A command that is to run in a restored pod once its container runs. */
export interface ExecHook {
  readonly type: "exec";
  readonly container: string;
  readonly command: readonly string[];
  /** Fail: where it does, no other hook begins any more. */
  readonly onError: "Continue" | "Fail";
  readonly execTimeoutSeconds: number;
  /** For the container to run; absent: as long as the restore waits for readiness. */
  readonly waitTimeoutSeconds?: number | undefined;
  /** Until it is ready, not only running. */
  readonly waitForReady: boolean;
  /** Annotations that say nothing that can be understood. */
  readonly remarks: readonly string[];
}

/** Velero's. */
const EXEC_TIMEOUT_SECONDS = 30;
/** strconv.ParseBool's words for it. */
const TRUE: ReadonlySet<string> = new Set(["1", "t", "T", "true", "TRUE", "True"]);
const FALSE: ReadonlySet<string> = new Set(["", "0", "f", "F", "false", "FALSE", "False"]);

/** Of a pod, or of a template that pods are made from. Pure. */
export function readExecHook(pod: ExactObject): ExecHook | undefined {
  const command = annotationOf(pod, restoreHookKeys.command);
  if (command === "") return undefined;
  const remarks: string[] = [];
  const [first] = objectsAt(pod, ["spec", "containers"]);
  const container = annotationOf(pod, restoreHookKeys.container);
  return {
    type: "exec",
    container: container === "" ? textAt(first ?? {}, ["name"]) : container,
    command: commandWords(command),
    onError: onErrorOf(pod, remarks),
    execTimeoutSeconds: durationOf(pod, restoreHookKeys.execTimeout, remarks) ?? EXEC_TIMEOUT_SECONDS,
    waitTimeoutSeconds: durationOf(pod, restoreHookKeys.waitTimeout, remarks),
    waitForReady: waitForReadyOf(pod, remarks),
    remarks,
  };
}

/** A command for a container that is not there would be waited for in vain. */
export function hasContainer(pod: ExactObject, { container }: ExecHook): boolean {
  return objectsAt(pod, ["spec", "containers"]).some((one) => textAt(one, ["name"]) === container);
}

function onErrorOf(pod: ExactObject, remarks: string[]): ExecHook["onError"] {
  const text = annotationOf(pod, restoreHookKeys.onError);
  if (text === "Fail") return "Fail";
  if (text !== "" && text !== "Continue")
    remarks.push(`${restoreHookKeys.onError} is neither Continue nor Fail: Continue is taken`);
  return "Continue";
}

function waitForReadyOf(pod: ExactObject, remarks: string[]): boolean {
  const text = annotationOf(pod, restoreHookKeys.waitForReady);
  if (TRUE.has(text)) return true;
  if (!FALSE.has(text))
    remarks.push(`${restoreHookKeys.waitForReady} is neither true nor false: false is taken`);
  return false;
}
