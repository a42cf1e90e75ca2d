import type { ApiResource, Discovery } from "#core/kube/cluster.ts";
import { Failure } from "#core/model/errors.ts";
import { groupResource, type ItemKind } from "#core/model/item.ts";
import type { RestoreRequest } from "#core/model/restore.ts";
import type { Selection } from "#core/model/selection.ts";
import { kindNeverRestored } from "#core/objects/never-restored.ts";
import {
  clusterScopedRole,
  type NeededRight,
  type RbacObject,
  rbacObjects,
} from "#core/objects/rbac-rules.ts";
import { DEPENDENCY_KINDS } from "#core/objects/references.ts";
import { type CompiledSelection, compileSelection } from "#core/selection/compile-selection.ts";
import { resolveResource } from "#core/selection/resource-names.ts";

const WRITE = ["create", "get", "list", "patch", "watch"];
/** What a policy does to live objects beyond that. */
const CHANGE: Readonly<Partial<Record<ExistingPolicy, readonly string[]>>> = {
  replace: ["update"],
  recreate: ["delete"],
};
/** What was changed is put back by a PUT, what was created or recreated is deleted. */
const UNDO = ["update", "delete"];
/** Looked at before a policy changes or deletes anything. */
const LOOKED_AT: ReadonlyMap<string, readonly ExistingPolicy[]> = new Map([
  ["horizontalpodautoscalers.autoscaling", ["update", "replace", "recreate"]],
  ["persistentvolumeclaims", ["recreate"]],
  ["volumesnapshots.snapshot.storage.k8s.io", ["recreate"]],
  ["volumegroupsnapshots.groupsnapshot.storage.k8s.io", ["recreate"]],
]);

type ExistingPolicy = RestoreRequest["existing"];
/** The server lets nobody grant what he has not got himself, except by these verbs. */
const GRANT: ReadonlyMap<string, readonly string[]> = new Map([
  ["roles.rbac.authorization.k8s.io", ["escalate"]],
  ["clusterroles.rbac.authorization.k8s.io", ["escalate"]],
  ["rolebindings.rbac.authorization.k8s.io", ["bind"]],
  ["clusterrolebindings.rbac.authorization.k8s.io", ["bind"]],
]);

export type RestoreWays = Pick<
  RestoreRequest,
  "existing" | "withDependencies" | "withOwners" | "hooks" | "includeStatus"
> & {
  /** Also to take such a restore back. */
  readonly undo: boolean;
};

/** What running commands in restored pods takes; a WebSocket begins with a GET, which servers from 1.35 on call a creation. */
const HOOKS: readonly NeededRight[] = [
  { kind: { group: "", resource: "pods/exec" }, verbs: ["create", "get"] },
  { kind: { group: "", resource: "pods" }, verbs: ["get", "list", "watch"] },
  { kind: { group: "apps", resource: "replicasets" }, verbs: ["get"] },
];

/**
 * The smallest roles for restoring what the selection names: Roles for literal namespaces, with a ClusterRole for the
 * cluster-scoped kinds that were asked for, else one ClusterRole.
 */
export function restoreRights(
  selection: Selection,
  discovery: Discovery,
  how: Partial<RestoreWays> = {},
): readonly RbacObject[] {
  const { existing = "skip", includeStatus = [], undo = false } = how;
  // An undo deletes too, and looks at what could go with it.
  const policies: readonly ExistingPolicy[] = undo ? [existing, "recreate"] : [existing];
  const statusKinds = new Set(
    includeStatus.map((word) => resolveResource(word, discovery.resources).groupResource),
  );
  const chosen = compileSelection(selection, discovery.resources);
  const excluding = compileSelection({ ...selection, includeResources: [] }, discovery.resources);
  const isExcluded = (kind: ItemKind) => excluding.kindShare(kind).take === "none";
  const kinds = discovery.resources.filter(
    (kind) =>
      kind.verbs.includes("create") &&
      kind.verbs.includes("list") &&
      kindNeverRestored(kind) === undefined &&
      (chosen.kindShare(kind).take !== "none" || comesAlong(kind, how)) &&
      !isExcluded(kind),
  );
  const chosenKinds = new Set(kinds.map(groupResource));
  refuseIdle(statusKinds.difference(chosenKinds));
  const looked = firstOfEach(discovery.resources).filter(
    (kind) =>
      LOOKED_AT.get(groupResource(kind))?.some((policy) => policies.includes(policy)) === true &&
      !chosenKinds.has(groupResource(kind)),
  );
  const namespaces = selection.includeNamespaces;
  const literal = namespaces.length > 0 && namespaces.every((name) => /^[a-z0-9-]+$/.test(name));
  const rightsTo = (kind: ApiResource) => [
    kindRight(kind, how),
    ...(statusKinds.has(groupResource(kind)) ? [statusRight(kind)] : []),
  ];
  const roles = rbacObjects(NAME, literal ? namespaces : undefined, (namespace) => [
    ...kinds.filter((kind) => namespace === undefined || kind.namespaced).flatMap(rightsTo),
    ...looked.map((kind) => ({ kind, verbs: ["list"] })),
    ...(how.hooks === true ? HOOKS : []),
    ...(namespace === undefined ? [] : [namespaceRight(namespace)]),
  ]);
  const beside = literal ? kinds.filter((kind) => isAskedForBeside(kind, chosen)) : [];
  return [...roles, ...clusterScopedRole(NAME, beside.flatMap(rightsTo))];
}

const NAME = "kubectl-backup-restorer";

/** What is merely referred to is not; a namespace's right is in its Role. */
function isAskedForBeside(kind: ApiResource, chosen: CompiledSelection): boolean {
  if (kind.namespaced || groupResource(kind) === "namespaces") return false;
  return chosen.clusterScope === "related" ? chosen.isNamedKind(kind) : chosen.clusterScope === "all";
}

/** Rights for less than was asked for would be found out in the middle of a restore. */
function refuseIdle(statusKinds: ReadonlySet<string>): void {
  if (statusKinds.size === 0) return;
  throw new Failure(
    "usage",
    `--include-status: nothing of ${[...statusKinds].join(", ")} is to be restored by this selection`,
    { hint: "name those kinds with --include-resources too, or leave them out of --include-status" },
  );
}

function firstOfEach(resources: Discovery["resources"]): Discovery["resources"] {
  return [...new Map(resources.toReversed().map((kind) => [groupResource(kind), kind])).values()];
}

/** Which kinds own what is selected, only the backup knows. */
function comesAlong(kind: Pick<ItemKind, "group" | "resource">, how: Partial<RestoreWays>): boolean {
  return (
    how.withOwners === true || (how.withDependencies === true && DEPENDENCY_KINDS.has(groupResource(kind)))
  );
}

function kindRight(kind: ApiResource, how: Partial<RestoreWays>): NeededRight {
  const grant = GRANT.get(groupResource(kind)) ?? [];
  const change = CHANGE[how.existing ?? "skip"] ?? [];
  const verbs = new Set([...WRITE, ...change, ...grant, ...(how.undo === true ? UNDO : [])]);
  return { kind, verbs: [...verbs].sort() };
}

function statusRight({ group, resource }: ApiResource): NeededRight {
  return { kind: { group, resource: `${resource}/status` }, verbs: ["patch"] };
}

/** Creating a namespace is no namespaced right: who restores by a Role needs it to exist. */
function namespaceRight(name: string): NeededRight {
  return { kind: { group: "", resource: "namespaces" }, verbs: ["get", "patch"], names: [name] };
}
