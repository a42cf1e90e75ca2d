import { groupResource, type ItemKind, kindOf } from "#core/model/item.ts";
import { withValue } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { ingressFromBeta } from "./ingress-beta.ts";
import { workloadFromBeta } from "./workload-beta.ts";

export const FORMER_GROUP = "extensions";
const FORMER_VERSION = "v1beta1";
const VERSION = "v1";

interface Moved {
  readonly resource: string;
  readonly kind: string;
  readonly group: string;
  readonly convert?: (object: ExactObject) => ExactObject;
}

/** What the group `extensions` held, and the groups in which the same objects are served as v1. It is gone since 1.22. */
const MOVED: readonly Moved[] = [
  { resource: "daemonsets", kind: "DaemonSet", group: "apps", convert: workloadFromBeta },
  { resource: "deployments", kind: "Deployment", group: "apps", convert: workloadFromBeta },
  { resource: "ingresses", kind: "Ingress", group: "networking.k8s.io", convert: ingressFromBeta },
  { resource: "networkpolicies", kind: "NetworkPolicy", group: "networking.k8s.io" },
  { resource: "replicasets", kind: "ReplicaSet", group: "apps", convert: workloadFromBeta },
];

/** The kind that holds the objects of this one since; undefined where it is still its own. */
export function movedKind(kind: ItemKind): ItemKind | undefined {
  if (kind.group !== FORMER_GROUP || kind.version !== FORMER_VERSION) return undefined;
  const moved = MOVED.find(({ resource }) => resource === kind.resource);
  return moved && { ...kindOf(kind), group: moved.group, version: VERSION };
}

/** An object of a moved kind, as it says the same in its new group. */
export function inNewGroup(object: ExactObject, kind: ItemKind): ExactObject {
  const moved = MOVED.find(({ resource }) => resource === kind.resource);
  if (moved === undefined) return object;
  return withValue(moved.convert?.(object) ?? object, ["apiVersion"], `${moved.group}/${VERSION}`);
}

/** The group under which a kind was known too. */
export function formerGroupOf(kind: Pick<ItemKind, "group" | "resource">): string | undefined {
  return MOVED.some(({ resource, group }) => resource === kind.resource && group === kind.group)
    ? FORMER_GROUP
    : undefined;
}

/** Where that is today which a rule's word meant in the former group: `deployments`, `deployments/scale`, `*`. */
export function movedSince(word: string): readonly { readonly group: string; readonly resource: string }[] {
  const [plain] = word.split("/", 1);
  if (plain === "*") return MOVED;
  return MOVED.filter(({ resource }) => resource === plain).map(({ group }) => ({ group, resource: word }));
}

/** What names another object by apiVersion and kind, with the apiVersion that servers know. */
export function namingNewGroup(reference: ExactObject): ExactObject {
  const { apiVersion, kind } = reference;
  if (apiVersion !== `${FORMER_GROUP}/${FORMER_VERSION}`) return reference;
  const moved = MOVED.find((one) => one.kind === kind);
  return moved === undefined ? reference : { ...reference, apiVersion: `${moved.group}/${VERSION}` };
}

export const movedKinds: readonly { readonly what: string; readonly reason: string }[] = MOVED.map(
  ({ resource, group }) => ({
    what: `${groupResource({ group: FORMER_GROUP, resource })}/${FORMER_VERSION}`,
    reason: `written as ${groupResource({ group, resource })}/${VERSION}, which holds the same objects; once where the backup holds both`,
  }),
);
