import { forEachLimited } from "#core/flow/for-each-limited.ts";
import { groupResource, type ItemKind } from "#core/model/item.ts";
import type { Cluster } from "./cluster.ts";

/** Something that is to be done to objects of a kind in a namespace ("" for cluster-scoped ones). */
export interface NeededRight {
  readonly verb: "list" | "create" | "get" | "patch" | "update" | "delete";
  readonly kind: ItemKind;
  readonly subresource?: string | undefined;
  readonly namespaces: ReadonlySet<string>;
  /** The later steps that need it. */
  readonly steps: ReadonlySet<string>;
}

export interface LackingRight {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string | undefined;
  /** What is done after the creation and needs it; absent where nothing does. */
  readonly steps?: readonly string[] | undefined;
  /** In the target; empty for a cluster-scoped kind. */
  readonly namespaces: readonly string[];
}

interface Asking {
  readonly cluster: Cluster;
  readonly signal: AbortSignal;
}

interface Attributes {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string | undefined;
  readonly namespace?: string | undefined;
}

const QUESTIONS_IN_FLIGHT = 8;
const EVERYTHING: Attributes = { verb: "*", group: "*", resource: "*" };

/**
 * What the caller may not do. An administrator costs one question; others one for each verb and kind, and where that is
 * not granted everywhere, the rules of each namespace.
 */
export async function checkRights(
  needs: readonly NeededRight[],
  asking: Asking,
): Promise<readonly LackingRight[]> {
  if (needs.length === 0 || (await isAllowed(asking, EVERYTHING))) return [];
  const lacks = openLacks(asking);
  const lacking: LackingRight[] = [];
  const { signal } = asking;
  await forEachLimited(needs, { concurrency: QUESTIONS_IN_FLIGHT, signal }, async (need) => {
    const lack = await lacks(need);
    if (lack !== undefined) lacking.push(lack);
  });
  return lacking.toSorted((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1));
}

function openLacks(asking: Asking): (need: NeededRight) => Promise<LackingRight | undefined> {
  const isGranted = openNamespaceRules(asking);
  return async ({ verb, kind, subresource, namespaces, steps }) => {
    const attributes = { verb, ...placeOf(kind), ...(subresource !== undefined && { subresource }) };
    if (await isAllowed(asking, attributes)) return undefined;
    const lack = { ...attributes, ...(steps.size > 0 && { steps: [...steps].toSorted() }) };
    if (!kind.namespaced) return { ...lack, namespaces: [] };
    const refused = await refusedIn(namespaces, (namespace) => isGranted(namespace, attributes));
    return refused.length === 0 ? undefined : { ...lack, namespaces: refused.toSorted() };
  };
}

function placeOf({ group, resource }: ItemKind) {
  return { group, resource };
}

async function refusedIn(
  namespaces: Iterable<string>,
  isGranted: (namespace: string) => Promise<boolean>,
): Promise<readonly string[]> {
  const refused: string[] = [];
  for (const namespace of namespaces) if (!(await isGranted(namespace))) refused.push(namespace);
  return refused;
}

function keyOf(right: LackingRight): string {
  return `${groupResource(right)} ${right.verb} ${right.subresource ?? ""}`;
}

/** Each namespace's rules are asked once; where the server cannot list them all, for the single right. */
function openNamespaceRules(asking: Asking) {
  const known = new Map<string, Promise<NamespaceRules>>();
  return async (namespace: string, attributes: Attributes): Promise<boolean> => {
    const { rules, incomplete } = await known.getOrInsertComputed(namespace, () =>
      rulesOf(asking, namespace),
    );
    if (rules.some((rule) => grants(rule, attributes))) return true;
    return incomplete && isAllowed(asking, { ...attributes, namespace });
  };
}

interface NamespaceRules {
  readonly rules: readonly Rule[];
  readonly incomplete: boolean;
}

type Rule = Readonly<
  Partial<Record<"verbs" | "apiGroups" | "resources" | "resourceNames", readonly string[] | null>>
>;

/** What the API server answers to both kinds of review, each with its own part of it. */
interface ReviewStatus {
  readonly allowed?: boolean;
  readonly resourceRules?: readonly Rule[] | null;
  readonly incomplete?: boolean;
}

async function rulesOf(asking: Asking, namespace: string): Promise<NamespaceRules> {
  const status = await review(asking, "SelfSubjectRulesReview", { namespace });
  if (status === undefined) return { rules: [], incomplete: true };
  return { rules: status.resourceRules ?? [], incomplete: status.incomplete === true };
}

/** A rule for single names grants no creation. Subresources are named apart, or are meant by every kind. */
function grants(rule: Rule, { verb, group, resource, subresource }: Attributes): boolean {
  const has = (key: keyof Rule, ...values: readonly string[]) =>
    rule[key]?.some((entry) => entry === "*" || values.includes(entry)) === true;
  const names = subresource === undefined ? [resource] : [`${resource}/${subresource}`, `*/${subresource}`];
  const isNarrow = (rule.resourceNames ?? []).length > 0;
  return !isNarrow && has("verbs", verb) && has("apiGroups", group) && has("resources", ...names);
}

async function isAllowed(asking: Asking, resourceAttributes: Attributes): Promise<boolean> {
  const status = await review(asking, "SelfSubjectAccessReview", {
    resourceAttributes: { ...resourceAttributes },
  });
  // Where rights cannot be asked for, only trying tells.
  return status === undefined || status.allowed === true;
}

async function review(
  { cluster, signal }: Asking,
  kind: "SelfSubjectAccessReview" | "SelfSubjectRulesReview",
  spec: Readonly<Record<string, unknown>>,
): Promise<ReviewStatus | undefined> {
  const resource: ItemKind = {
    group: "authorization.k8s.io",
    version: "v1",
    resource: `${kind.toLowerCase()}s`,
    kind,
    namespaced: false,
  };
  const body = JSON.stringify({ apiVersion: "authorization.k8s.io/v1", kind, spec });
  const ref = { resource, namespace: "", name: "" };
  const reply = await cluster.create(ref, Buffer.from(body), { signal });
  if (!reply.ok) return undefined;
  // A review that the API server has answered.
  return (JSON.parse(Buffer.from(reply.body).toString("utf8")) as { readonly status?: ReviewStatus }).status;
}
