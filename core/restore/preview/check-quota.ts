import type { Cluster } from "#core/kube/cluster.ts";
import { describeError, isFailure } from "#core/model/errors.ts";
import type { ItemKind } from "#core/model/item.ts";
import { objectAt, objectsAt, textAt, textsAt, valueAt } from "#core/objects/edit-object.ts";
import { type ExactObject, isExactObject, parseExactBytes } from "#core/objects/exact-json.ts";
import { formatQuantity, parseQuantity } from "#core/objects/quantity.ts";
import { eachObject } from "#core/restore/existing.ts";
import type { Creations } from "./creations.ts";

/** A quota of the target that the creations would exceed. */
export interface ExceededQuota {
  readonly namespace: string;
  readonly quota: string;
  /** As the quota spells it: `configmaps`, `count/deployments.apps`, `requests.cpu`. */
  readonly resource: string;
  /** Numbers where objects are counted; else quantities as Kubernetes writes them. */
  readonly hard: number | string;
  readonly used: number | string;
  readonly creates: number | string;
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

/**
 * Objects, and what the pods and claims among them ask for: at least that much, since a LimitRange may add to it and a
 * DaemonSet's pods are as many as there are nodes.
 */
export async function checkQuota(
  cluster: Cluster,
  creations: Creations,
  { liveNamespaces, signal }: { readonly liveNamespaces: ReadonlySet<string>; readonly signal: AbortSignal },
): Promise<QuotaCheck> {
  const namespaces = creations.namespaces.filter((name) => liveNamespaces.has(name));
  if (namespaces.length === 0) return { exceeded: [], warnings: [] };
  try {
    const quotas = await Array.fromAsync(
      eachObject(cluster, { kind: QUOTAS, namespaces, signal }),
      parseExactBytes,
    );
    const checks = quotas.filter(isExactObject).map((quota) => checkOne(quota, creations));
    return {
      exceeded: checks.flatMap(({ exceeded }) => exceeded),
      warnings: checks.flatMap(({ warnings }) => warnings),
    };
  } catch (error) {
    if (!isFailure(error) || error.reply === undefined) throw error;
    return { exceeded: [], warnings: [`quotas could not be read: ${describeError(error)}`] };
  }
}

/** Pure. */
function checkOne(quota: ExactObject, creations: Creations): QuotaCheck {
  return isScoped(quota)
    ? { exceeded: [], warnings: unjudged(quota, creations) }
    : { exceeded: exceededBy(quota, creations), warnings: [] };
}

/** A quota with scopes counts some pods or claims only. */
function unjudged(quota: ExactObject, creations: Creations): readonly string[] {
  const { namespace, resources } = namesIn(quota);
  const mayCount = resources.some(
    (resource) => creations.count(namespace, resource) > 0 || creations.amount(namespace, resource) > 0n,
  );
  if (!mayCount) return [];
  return [`quota ${namespace}/${textAt(quota, ["metadata", "name"])} has scopes: it was not checked`];
}

function exceededBy(quota: ExactObject, creations: Creations): readonly ExceededQuota[] {
  const { namespace, resources } = namesIn(quota);
  return resources.flatMap((resource) => {
    const texts = {
      hard: String(valueAt(quota, ["spec", "hard", resource]) ?? ""),
      used: String(valueAt(quota, ["status", "used", resource]) ?? "0"),
    };
    const found =
      overCount(texts, creations.count(namespace, resource)) ??
      overAmount(texts, creations.amount(namespace, resource));
    if (found === undefined) return [];
    return [{ namespace, quota: textAt(quota, ["metadata", "name"]), resource, ...found }];
  });
}

function namesIn(quota: ExactObject) {
  return {
    namespace: textAt(quota, ["metadata", "namespace"]),
    resources: Object.keys(objectAt(quota, ["spec", "hard"])),
  };
}

type Excess = Pick<ExceededQuota, "hard" | "used" | "creates">;
interface Texts {
  readonly hard: string;
  readonly used: string;
}

function overCount({ hard, used }: Texts, creates: number): Excess | undefined {
  const [most, now] = [wholeOf(hard), wholeOf(used) ?? 0];
  if (most === undefined || creates === 0 || now + creates <= most) return undefined;
  return { hard: most, used: now, creates };
}

function overAmount({ hard, used }: Texts, creates: bigint): Excess | undefined {
  const [most, now] = [parseQuantity(hard), parseQuantity(used) ?? 0n];
  if (most === undefined || creates === 0n || now + creates <= most) return undefined;
  return { hard, used, creates: formatQuantity(creates, hard) };
}

function isScoped(quota: ExactObject): boolean {
  return (
    textsAt(quota, ["spec", "scopes"]).length > 0 ||
    objectsAt(quota, ["spec", "scopeSelector", "matchExpressions"]).length > 0
  );
}

/** The server writes a count plainly, or with `k` for thousands. */
function wholeOf(text: string): number | undefined {
  const [, digits, thousand] = /^(\d+)(k?)$/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits) * (thousand === "k" ? 1_000 : 1);
}
