import type { Cluster } from "#core/kube/cluster.ts";
import { describeError, isFailure } from "#core/model/errors.ts";
import { groupResource, type ItemKind } from "#core/model/item.ts";
import { type ExactObject, isExactObject, parseExactBytes } from "#core/objects/exact-json.ts";
import { objectAt, objectsAt, textAt, textsAt, valueAt } from "#core/restore/edit-object.ts";
import { eachObject } from "#core/restore/existing.ts";

/** A quota of the target that the creations would exceed. */
export interface ExceededQuota {
  readonly namespace: string;
  readonly quota: string;
  /** As the quota spells it: `configmaps`, `count/deployments.apps`. */
  readonly resource: string;
  readonly hard: number;
  readonly used: number;
  readonly creates: number;
}

export interface QuotaCheck {
  readonly exceeded: readonly ExceededQuota[];
  readonly warnings: readonly string[];
}

const QUOTAS: ItemKind = {
  group: "",
  version: "v1",
  resource: "resourcequotas",
  kind: "ResourceQuota",
  namespaced: true,
};

/** How many objects would be created: by namespace, then by what quotas call them. */
export class Creations {
  readonly #counts = new Map<string, Map<string, number>>();

  add(kind: ItemKind, namespace: string, object: ExactObject): void {
    if (namespace === "") return;
    this.#count(namespace, `count/${groupResource(kind)}`);
    if (kind.group === "") this.#count(namespace, kind.resource);
    if (groupResource(kind) !== "services") return;
    const type = textAt(object, ["spec", "type"]);
    if (type === "LoadBalancer") this.#count(namespace, "services.loadbalancers");
    if (type === "LoadBalancer" || type === "NodePort") this.#count(namespace, "services.nodeports");
  }

  get namespaces(): readonly string[] {
    return [...this.#counts.keys()];
  }

  of(namespace: string, resource: string): number {
    return this.#counts.get(namespace)?.get(resource) ?? 0;
  }

  #count(namespace: string, resource: string): void {
    const counts = this.#counts.getOrInsertComputed(namespace, () => new Map());
    counts.set(resource, (counts.get(resource) ?? 0) + 1);
  }
}

/** Counts of objects only: what pods will ask for is decided when they are made. */
export async function checkQuota(
  cluster: Cluster,
  creations: Creations,
  { liveNamespaces, signal }: { readonly liveNamespaces: ReadonlySet<string>; readonly signal: AbortSignal },
): Promise<QuotaCheck> {
  const namespaces = creations.namespaces.filter((name) => liveNamespaces.has(name));
  const exceeded: ExceededQuota[] = [];
  if (namespaces.length === 0) return { exceeded, warnings: [] };
  try {
    for await (const bytes of eachObject(cluster, { kind: QUOTAS, namespaces, signal })) {
      const quota = parseExactBytes(bytes);
      if (isExactObject(quota)) exceeded.push(...exceededBy(quota, creations));
    }
    return { exceeded, warnings: [] };
  } catch (error) {
    if (!isFailure(error) || error.reply === undefined) throw error;
    return { exceeded, warnings: [`quotas could not be read: ${describeError(error)}`] };
  }
}

/** Pure. A quota with scopes counts some pods only. */
function exceededBy(quota: ExactObject, creations: Creations): readonly ExceededQuota[] {
  if (isScoped(quota)) return [];
  const namespace = textAt(quota, ["metadata", "namespace"]);
  return Object.keys(objectAt(quota, ["spec", "hard"])).flatMap((resource) => {
    const hard = wholeAt(quota, ["spec", "hard", resource]);
    const used = wholeAt(quota, ["status", "used", resource]) ?? 0;
    const creates = creations.of(namespace, resource);
    if (hard === undefined || creates === 0 || used + creates <= hard) return [];
    return [{ namespace, quota: textAt(quota, ["metadata", "name"]), resource, hard, used, creates }];
  });
}

function isScoped(quota: ExactObject): boolean {
  return (
    textsAt(quota, ["spec", "scopes"]).length > 0 ||
    objectsAt(quota, ["spec", "scopeSelector", "matchExpressions"]).length > 0
  );
}

/** The server writes a count plainly, or with `k` for thousands. */
function wholeAt(quota: ExactObject, path: readonly string[]): number | undefined {
  const value = valueAt(quota, path);
  const [, digits, thousand] = /^(\d+)(k?)$/.exec(String(value ?? "")) ?? [];
  return digits === undefined ? undefined : Number(digits) * (thousand === "k" ? 1_000 : 1);
}
