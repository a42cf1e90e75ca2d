import { groupResource, type ItemKind } from "#core/model/item.ts";
import { objectsAt, textAt, valueAt } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";

export type Readiness =
  | { readonly state: "ready" }
  /** Nothing will change that by itself. */
  | { readonly state: "failed"; readonly why: string }
  | { readonly state: "waiting"; readonly why: string };

type Judge = (object: ExactObject) => Readiness;

const READY: Readiness = { state: "ready" };

/** The usual rules, as `kubectl rollout status` and its kin have them. What is suspended or scaled to 0 is ready. */
const JUDGES: ReadonlyMap<string, Judge> = new Map([
  ["deployments.apps", judgeDeployment],
  ["statefulsets.apps", judgeStatefulSet],
  ["daemonsets.apps", judgeDaemonSet],
  ["jobs.batch", judgeJob],
  ["pods", judgePod],
  ["persistentvolumeclaims", judgeClaim],
  ["customresourcedefinitions.apiextensions.k8s.io", judgeDefinition],
]);

export function isAwaitedKind(kind: Pick<ItemKind, "group" | "resource">): boolean {
  return JUDGES.has(groupResource(kind));
}

export function judgeReadiness(kind: Pick<ItemKind, "group" | "resource">, object: ExactObject): Readiness {
  return JUDGES.get(groupResource(kind))?.(object) ?? READY;
}

function numberAt(object: ExactObject, path: readonly string[], absent: number): number {
  const value = valueAt(object, path);
  return typeof value === "number" ? value : absent;
}

function condition(object: ExactObject, type: string): ExactObject | undefined {
  return objectsAt(object, ["status", "conditions"]).find((entry) => entry["type"] === type);
}

function isTrue(object: ExactObject, type: string): boolean {
  return condition(object, type)?.["status"] === "True";
}

/** The last condition that speaks, or what is counted. */
function waiting(object: ExactObject, counted: string): Readiness {
  const told = objectsAt(object, ["status", "conditions"])
    .filter((entry) => entry["status"] !== "True")
    .map((entry) => textAt(entry, ["message"]) || textAt(entry, ["reason"]))
    .findLast((message) => message !== "");
  return { state: "waiting", why: told === undefined ? counted : `${counted}: ${told}` };
}

function isObserved(object: ExactObject): boolean {
  return (
    numberAt(object, ["status", "observedGeneration"], 0) >= numberAt(object, ["metadata", "generation"], 0)
  );
}

function judgeDeployment(object: ExactObject): Readiness {
  const replicas = numberAt(object, ["spec", "replicas"], 1);
  if (replicas === 0 || valueAt(object, ["spec", "paused"]) === true) return READY;
  const progressing = condition(object, "Progressing");
  if (progressing?.["reason"] === "ProgressDeadlineExceeded") {
    return { state: "failed", why: textAt(progressing, ["message"]) };
  }
  const available = numberAt(object, ["status", "availableReplicas"], 0);
  const updated = numberAt(object, ["status", "updatedReplicas"], 0);
  if (isObserved(object) && updated >= replicas && available >= replicas) return READY;
  return waiting(object, `${available} of ${replicas} replicas are available`);
}

function judgeStatefulSet(object: ExactObject): Readiness {
  const replicas = numberAt(object, ["spec", "replicas"], 1);
  const ready = numberAt(object, ["status", "readyReplicas"], 0);
  if (replicas === 0 || (isObserved(object) && ready >= replicas)) return READY;
  return waiting(object, `${ready} of ${replicas} replicas are ready`);
}

function judgeDaemonSet(object: ExactObject): Readiness {
  const wanted = numberAt(object, ["status", "desiredNumberScheduled"], 0);
  const ready = numberAt(object, ["status", "numberReady"], 0);
  if (isObserved(object) && ready >= wanted) return READY;
  return waiting(object, `${ready} of ${wanted} pods are ready`);
}

function judgeJob(object: ExactObject): Readiness {
  if (valueAt(object, ["spec", "suspend"]) === true || isTrue(object, "Complete")) return READY;
  const failed = condition(object, "Failed");
  if (failed?.["status"] === "True") return { state: "failed", why: textAt(failed, ["message"]) };
  return textAt(object, ["status", "startTime"]) === "" ? waiting(object, "it has not started") : READY;
}

function judgePod(object: ExactObject): Readiness {
  const phase = textAt(object, ["status", "phase"]);
  if (phase === "Succeeded" || isTrue(object, "Ready")) return READY;
  if (phase === "Failed")
    return { state: "failed", why: textAt(object, ["status", "message"]) || "it failed" };
  return waiting(object, `it is ${phase === "" ? "not scheduled" : phase}`);
}

function judgeClaim(object: ExactObject): Readiness {
  const phase = textAt(object, ["status", "phase"]);
  if (phase === "Bound") return READY;
  if (phase === "Lost") return { state: "failed", why: "its volume is lost" };
  return waiting(object, "no volume is bound to it");
}

function judgeDefinition(object: ExactObject): Readiness {
  if (isTrue(object, "Established")) return READY;
  const names = condition(object, "NamesAccepted");
  return names?.["status"] === "False"
    ? { state: "failed", why: textAt(names, ["message"]) }
    : waiting(object, "it is not established");
}
