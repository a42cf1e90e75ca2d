import { groupResource, type ItemKind } from "#core/model/item.ts";
import { textAt, valueAt } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { type Billionths, parseQuantity } from "#core/objects/quantity.ts";
import { podSpecOf } from "#core/restore/pod-specs.ts";
import { podDemand } from "./pod-demand.ts";

export interface Creation {
  readonly kind: ItemKind;
  readonly namespace: string;
  /** As it will be in the end. */
  readonly object: ExactObject;
  /** Another object that is restored makes its pods, or has them already. */
  readonly isOwned: boolean;
}

/** What would be created, by namespace, in the words of quotas: how many objects, and how much their pods and claims ask for. */
export class Creations {
  readonly #counts = new Map<string, Map<string, number>>();
  readonly #amounts = new Map<string, Map<string, Billionths>>();

  add(creation: Creation): void {
    const { kind, namespace, object } = creation;
    if (namespace === "") return;
    this.#countObject(creation);
    if (groupResource(kind) === "persistentvolumeclaims") this.#addClaim(namespace, object);
    this.#addPods(creation);
  }

  get namespaces(): readonly string[] {
    return [...this.#counts.keys()];
  }

  /** Objects of a kind. */
  count(namespace: string, resource: string): number {
    return this.#counts.get(namespace)?.get(resource) ?? 0;
  }

  /** Of what is measured. */
  amount(namespace: string, resource: string): Billionths {
    return this.#amounts.get(namespace)?.get(resource) ?? 0n;
  }

  #countObject({ kind, namespace, object }: Creation): void {
    this.#count(namespace, `count/${groupResource(kind)}`);
    if (kind.group === "") this.#count(namespace, kind.resource);
    if (groupResource(kind) !== "services") return;
    const type = textAt(object, ["spec", "type"]);
    if (type === "LoadBalancer") this.#count(namespace, "services.loadbalancers");
    if (type === "LoadBalancer" || type === "NodePort") this.#count(namespace, "services.nodeports");
  }

  #addClaim(namespace: string, claim: ExactObject): void {
    const size = parseQuantity(String(valueAt(claim, ["spec", "resources", "requests", "storage"]) ?? ""));
    const storageClass = textAt(claim, ["spec", "storageClassName"]);
    const ofClass = `${storageClass}.storageclass.storage.k8s.io`;
    if (storageClass !== "") this.#count(namespace, `${ofClass}/persistentvolumeclaims`);
    this.#measure(namespace, "requests.storage", size ?? 0n);
    if (storageClass !== "") this.#measure(namespace, `${ofClass}/requests.storage`, size ?? 0n);
  }

  #addPods({ kind, namespace, object, isOwned }: Creation): void {
    const pods = isOwned ? 0n : podsAtOnce(kind, object);
    if (pods === 0n) return;
    if (groupResource(kind) !== "pods") {
      this.#count(namespace, "pods", Number(pods));
      this.#count(namespace, "count/pods", Number(pods));
    }
    for (const [resource, amount] of podDemand(podSpecOf(kind, object)))
      this.#measure(namespace, resource, amount * pods);
  }

  #count(namespace: string, resource: string, more = 1): void {
    const counts = this.#counts.getOrInsertComputed(namespace, () => new Map());
    counts.set(resource, (counts.get(resource) ?? 0) + more);
  }

  #measure(namespace: string, resource: string, more: Billionths): void {
    const amounts = this.#amounts.getOrInsertComputed(namespace, () => new Map());
    amounts.set(resource, (amounts.get(resource) ?? 0n) + more);
  }
}

/** How many a DaemonSet makes, the nodes decide; a CronJob's come and go. */
function podsAtOnce(kind: ItemKind, object: ExactObject): bigint {
  switch (groupResource(kind)) {
    case "pods":
      return 1n;
    case "deployments.apps":
    case "replicasets.apps":
    case "statefulsets.apps":
    case "replicationcontrollers":
      return wholeAt(object, "replicas") ?? 1n;
    case "jobs.batch":
      return podsOfJob(object);
    default:
      return 0n;
  }
}

function podsOfJob(job: ExactObject): bigint {
  if (valueAt(job, ["spec", "suspend"]) === true) return 0n;
  const parallel = wholeAt(job, "parallelism") ?? 1n;
  const all = wholeAt(job, "completions") ?? parallel;
  return all < parallel ? all : parallel;
}

function wholeAt(object: ExactObject, key: string): bigint | undefined {
  const text = String(valueAt(object, ["spec", key]) ?? "");
  return /^\d+$/.test(text) ? BigInt(text) : undefined;
}
