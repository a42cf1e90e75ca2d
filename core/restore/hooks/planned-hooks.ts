import { restoreHookKeys } from "#core/model/annotations.ts";
import { groupResource, type ItemKind } from "#core/model/item.ts";
import { objectsAt, valueAt } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { podOf } from "#core/restore/pod-specs.ts";
import { type ExecHook, hasContainer, readExecHook } from "./exec-hook.ts";
import { annotationOf } from "./hook-annotations.ts";
import { type InitHook, readInitHook } from "./init-hook.ts";

/** A hook of a pod that is created, or of the pods that a created object makes. */
export interface PlannedHook {
  readonly kind: ItemKind;
  /** Of the pod, or of what makes its pods; in the target. */
  readonly namespace: string;
  readonly name: string;
  readonly hook: ExecHook | InitHook;
  /** Why it does not run. */
  readonly why?: string | undefined;
  /** It does not run, and nothing is lost by that: there are no pods now, or somebody wanted it so. */
  readonly isIdle: boolean;
}

/** An object as it is created, after its rules and whatever changed it on its way. */
export interface Hooked {
  readonly kind: ItemKind;
  readonly namespace: string;
  readonly name: string;
  readonly object: ExactObject;
  /** With its later steps done. */
  readonly intended: ExactObject;
  /** As it lay in the backup, with its owners. */
  readonly original: ExactObject;
}

/** The hooks of an object that is created. Pure. */
export function hooksOf(
  hooked: Hooked,
  { hooks: areWanted }: { readonly hooks: boolean },
): readonly PlannedHook[] {
  const { kind, namespace, name, object } = hooked;
  const pod = podOf(kind, object);
  if (pod === undefined || isMadeByDeployment(hooked)) return [];
  const plan = (hook: ExecHook | InitHook, obstacle: Obstacle | undefined): PlannedHook => {
    const found = areWanted ? obstacle : UNWANTED;
    return { kind, namespace, name, hook, why: found?.why, isIdle: found?.isIdle ?? false };
  };
  const [exec, init] = [readExecHook(pod), readInitHook(pod)];
  return [
    ...(init === undefined ? imageless(pod, plan) : [plan(init, initObstacle(kind))]),
    ...(exec === undefined ? [] : [plan(exec, noPods(hooked) ?? execObstacle(pod, exec))]),
  ];
}

interface Obstacle {
  readonly why: string;
  readonly isIdle: boolean;
}

const UNWANTED: Obstacle = { why: "--hooks=false", isIdle: true };

/** A ReplicaSet of a Deployment's history: the pods are the Deployment's. */
function isMadeByDeployment({ kind, original }: Hooked): boolean {
  const owners = objectsAt(original, ["metadata", "ownerReferences"]);
  return groupResource(kind) === "replicasets.apps" && owners.some((owner) => owner["kind"] === "Deployment");
}

/** Velero puts such containers in since it restores these pods itself; changing the template would change the workload. */
function initObstacle(kind: ItemKind): Obstacle | undefined {
  if (groupResource(kind) === "pods") return undefined;
  const why =
    "its pods are made by its controller, from a template that a restore does not change: put the container into the template, or run it by hand";
  return { why, isIdle: false };
}

function imageless(
  pod: ExactObject,
  plan: (hook: InitHook, obstacle: Obstacle) => PlannedHook,
): readonly PlannedHook[] {
  if (annotationOf(pod, restoreHookKeys.initCommand) === "") return [];
  const hook: InitHook = { type: "init", container: "", image: "", command: [], remarks: [] };
  return [plan(hook, { why: `it names no image (${restoreHookKeys.initImage})`, isIdle: false })];
}

function execObstacle(pod: ExactObject, hook: ExecHook): Obstacle | undefined {
  if (hasContainer(pod, hook)) return undefined;
  return { why: `there is no container ${hook.container}`, isIdle: false };
}

function noPods({ kind, intended }: Hooked): Obstacle | undefined {
  const obstacle = (why: string): Obstacle => ({ why, isIdle: true });
  switch (groupResource(kind)) {
    case "cronjobs.batch":
      return obstacle("its pods come with its schedule");
    case "jobs.batch":
      return valueAt(intended, ["spec", "suspend"]) === true ? obstacle("it is suspended") : undefined;
    default:
      return valueAt(intended, ["spec", "replicas"]) === 0 ? obstacle("it is scaled to 0") : undefined;
  }
}

/** `pods shop/db (container pg)` */
export function hookTitle({ kind, namespace, name, hook }: PlannedHook): string {
  const container = hook.container === "" ? "" : ` (container ${hook.container})`;
  return `${groupResource(kind)} ${namespace}/${name}${container}`;
}

/** How many pods are to have it; undefined: the object itself does not say it yet. */
export function expectedPods({ kind }: Pick<PlannedHook, "kind">, live: ExactObject): number | undefined {
  const numberAt = (path: readonly string[]) => {
    const value = valueAt(live, path);
    return typeof value === "number" ? value : undefined;
  };
  switch (groupResource(kind)) {
    case "pods":
      return 1;
    case "daemonsets.apps":
      return isObserved(live) ? numberAt(["status", "desiredNumberScheduled"]) : undefined;
    case "jobs.batch":
      return Math.min(
        numberAt(["spec", "parallelism"]) ?? 1,
        numberAt(["spec", "completions"]) ?? Number.POSITIVE_INFINITY,
      );
    default:
      return numberAt(["spec", "replicas"]) ?? 1;
  }
}

function isObserved(live: ExactObject): boolean {
  const observed = valueAt(live, ["status", "observedGeneration"]);
  const generation = valueAt(live, ["metadata", "generation"]);
  return typeof observed === "number" && typeof generation === "number" && observed >= generation;
}
