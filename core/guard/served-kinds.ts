import type { Cluster, ObjectRef } from "#core/kube/cluster.ts";
import { apiVersion } from "#core/model/item.ts";
import type { GuardObject } from "./render-guard.ts";

export interface LocatedObject {
  readonly object: GuardObject;
  /** Absent: the cluster serves no such kind. */
  readonly ref: ObjectRef | undefined;
}

export async function locateObjects(
  objects: readonly GuardObject[],
  cluster: Cluster,
  signal: AbortSignal,
): Promise<readonly LocatedObject[]> {
  const { resources } = await cluster.discover(signal);
  return objects.map((object) => {
    const { name, namespace = "" } = object.metadata;
    const resource = resources.find(
      (one) => one.kind === object.kind && apiVersion(one) === object.apiVersion,
    );
    return { object, ref: resource && { resource, namespace, name } };
  });
}
