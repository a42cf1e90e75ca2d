import { restoreHookKeys } from "#core/model/annotations.ts";
import { objectsAt, textAt, valueAt, withoutValue, withValue } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { annotationOf, commandWords, durationOf } from "./hook-annotations.ts";

/** A container that is to run in a restored pod before all others. */
export interface InitHook {
  readonly type: "init";
  readonly container: string;
  readonly image: string;
  /** Empty: the image's own. */
  readonly command: readonly string[];
  /** For the container to end; absent: as long as the restore waits for readiness. */
  readonly timeoutSeconds?: number | undefined;
  readonly remarks: readonly string[];
}

/** Velero makes up another name of this beginning each time. */
const MADE_UP = "velero-restore-init-";
const OWN_NAME = `${MADE_UP}hook`;

/** Of a pod, or of a template that pods are made from; undefined where no image is named. Pure. */
export function readInitHook(pod: ExactObject): InitHook | undefined {
  const image = annotationOf(pod, restoreHookKeys.initImage);
  if (image === "") return undefined;
  const name = annotationOf(pod, restoreHookKeys.initName);
  const command = annotationOf(pod, restoreHookKeys.initCommand);
  const remarks: string[] = [];
  return {
    type: "init",
    container: name === "" ? (presentName(pod) ?? OWN_NAME) : name,
    image,
    command: command === "" ? [] : commandWords(command),
    timeoutSeconds: durationOf(pod, restoreHookKeys.initTimeout, remarks),
    remarks,
  };
}

/** One that a restore had put in before the pod was backed up. */
function presentName(pod: ExactObject): string | undefined {
  return initContainers(pod)
    .map((container) => textAt(container, ["name"]))
    .find((name) => name.startsWith(MADE_UP));
}

/** The pod with the hook's container before all others; the same where it has it already. */
export function withInitHook(pod: ExactObject, mapImage: (image: string) => string): ExactObject {
  const hook = readInitHook(pod);
  if (hook === undefined || initContainers(pod).some((one) => isOf(one, hook))) return pod;
  const { container: name, image, command } = hook;
  const container = { name, image: mapImage(image), ...(command.length > 0 && { command: [...command] }) };
  return withValue(pod, ["spec", "initContainers"], [container, ...initContainers(pod)]);
}

/** Without the container that a restore has put in: nobody wrote it. */
export function withoutInitHook(pod: ExactObject): ExactObject {
  const hook = readInitHook(pod);
  if (hook === undefined || valueAt(pod, ["spec", "initContainers"]) === undefined) return pod;
  const others = initContainers(pod).filter((one) => !isOf(one, hook));
  const path = ["spec", "initContainers"];
  return others.length === 0 ? withoutValue(pod, path) : withValue(pod, path, others);
}

function initContainers(pod: ExactObject): readonly ExactObject[] {
  return objectsAt(pod, ["spec", "initContainers"]);
}

function isOf(container: ExactObject, hook: InitHook): boolean {
  return textAt(container, ["name"]) === hook.container;
}
