import { groupResource, type ItemKind } from "#core/model/item.ts";
import { textAt } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";

/** Deleting one of these deletes what lies in it, what it stands for, or all objects of a kind. */
const NEVER_DELETED: ReadonlyMap<string, string> = new Map([
  ["namespaces", "everything in the namespace"],
  ["customresourcedefinitions.apiextensions.k8s.io", "every object of the kind"],
  ["persistentvolumes", "the volume"],
  ["persistentvolumeclaims", "the claim's volume"],
  ["volumesnapshots.snapshot.storage.k8s.io", "the snapshot"],
  ["volumesnapshotcontents.snapshot.storage.k8s.io", "the snapshot"],
  ["volumegroupsnapshots.groupsnapshot.storage.k8s.io", "the snapshots"],
  ["volumegroupsnapshotcontents.groupsnapshot.storage.k8s.io", "the snapshots"],
  ["nodes", "the node and its pods"],
]);

/** Why a live object cannot be deleted and created anew; undefined: it can. Pure. */
export function destroyedWith(
  kind: Pick<ItemKind, "group" | "resource">,
  live: ExactObject,
  dataOwners: ReadonlySet<string>,
): { readonly reason: string; readonly message: string } | undefined {
  const loss = lossOf(kind, live, dataOwners);
  if (loss === undefined) return undefined;
  const message = `deleting it would destroy ${loss}; it is left as it is`;
  return { reason: "recreate-would-destroy-data", message };
}

function lossOf(
  kind: Pick<ItemKind, "group" | "resource">,
  live: ExactObject,
  dataOwners: ReadonlySet<string>,
): string | undefined {
  const whenDeleted = textAt(live, ["spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted"]);
  if (groupResource(kind) === "statefulsets.apps" && whenDeleted === "Delete")
    return "its claims and their volumes";
  return keptData(kind, textAt(live, ["metadata", "uid"]), dataOwners);
}

/** What goes with an object of this kind and uid. Pure. */
export function keptData(
  kind: Pick<ItemKind, "group" | "resource">,
  uid: string,
  dataOwners: ReadonlySet<string>,
): string | undefined {
  const named = NEVER_DELETED.get(groupResource(kind));
  if (named !== undefined) return named;
  return dataOwners.has(uid) ? "claims, snapshots, volumes or namespaces that it owns" : undefined;
}
