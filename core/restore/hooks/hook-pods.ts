import type { Cluster } from "#core/kube/cluster.ts";
import { annotationKeys } from "#core/model/annotations.ts";
import { groupResource, type ItemKind } from "#core/model/item.ts";
import { objectsAt, textAt } from "#core/objects/edit-object.ts";
import { type ExactObject, isExactObject, parseExactBytes } from "#core/objects/exact-json.ts";

const REPLICA_SETS: ItemKind = {
  group: "apps",
  version: "v1",
  resource: "replicasets",
  kind: "ReplicaSet",
  namespaced: true,
};

/** The pod, or what makes the pods, as it was found in the cluster after its creation. */
export interface HookOwner {
  readonly kind: Pick<ItemKind, "group" | "resource">;
  readonly uid: string;
  readonly createdAt: string;
}

/** Tells whose pods are whose; ReplicaSets that stand between a Deployment and its pods are read once. */
export class HookPods {
  readonly #cluster: Pick<Cluster, "get">;
  readonly #mark: string;
  readonly #replicaSets = new Map<string, ExactObject>();

  constructor({ cluster, mark }: { readonly cluster: Pick<Cluster, "get">; readonly mark: string }) {
    this.#cluster = cluster;
    this.#mark = mark;
  }

  /**
   * Pods that the restored object made. One that was there before and was only taken over is none: what runs in it has
   * lived on, and a command that fills it with data would overwrite what it has.
   */
  async of(
    owner: HookOwner,
    pods: readonly ExactObject[],
    signal: AbortSignal,
  ): Promise<readonly ExactObject[]> {
    if (groupResource(owner.kind) === "pods") return pods.filter((pod) => uidOf(pod) === owner.uid);
    const own: ExactObject[] = [];
    for (const pod of pods) if (await this.#isMadeBy(owner, pod, signal)) own.push(pod);
    return own;
  }

  async #isMadeBy(owner: HookOwner, pod: ExactObject, signal: AbortSignal): Promise<boolean> {
    const controller = controllerOf(pod);
    if (controller === undefined) return false;
    if (textAt(controller, ["uid"]) === owner.uid) return createdAt(pod) >= owner.createdAt;
    if (groupResource(owner.kind) !== "deployments.apps" || controller["kind"] !== "ReplicaSet") return false;
    const set = await this.#replicaSet(controller, pod, signal);
    if (set === undefined || textAt(controllerOf(set) ?? {}, ["uid"]) !== owner.uid) return false;
    const isNew = markOf(set) === this.#mark || createdAt(set) >= owner.createdAt;
    return isNew && createdAt(pod) >= createdAt(set);
  }

  async #replicaSet(
    controller: ExactObject,
    pod: ExactObject,
    signal: AbortSignal,
  ): Promise<ExactObject | undefined> {
    const uid = textAt(controller, ["uid"]);
    const known = this.#replicaSets.get(uid);
    if (known !== undefined) return known;
    const [namespace, name] = [textAt(pod, ["metadata", "namespace"]), textAt(controller, ["name"])];
    const bytes = await this.#cluster.get({ resource: REPLICA_SETS, namespace, name }, signal);
    const set = bytes === undefined ? undefined : parseExactBytes(bytes);
    if (!isExactObject(set) || uidOf(set) !== uid) return undefined;
    // One that nobody has adopted yet may be.
    if (controllerOf(set) !== undefined) this.#replicaSets.set(uid, set);
    return set;
  }
}

function markOf(object: ExactObject): string {
  return textAt(object, ["metadata", "annotations", annotationKeys.restoredFrom]);
}

function controllerOf(object: ExactObject): ExactObject | undefined {
  return objectsAt(object, ["metadata", "ownerReferences"]).find((owner) => owner["controller"] === true);
}

export function uidOf(object: ExactObject): string {
  return textAt(object, ["metadata", "uid"]);
}

/** RFC 3339 by the server's clock, always in UTC and seconds: such texts compare as their times do. */
export function createdAt(object: ExactObject): string {
  return textAt(object, ["metadata", "creationTimestamp"]);
}
