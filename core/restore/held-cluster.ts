import type { RestoreWriter } from "#core/catalog/catalog.ts";
import type { Cluster } from "#core/kube/cluster.ts";

/**
 * The cluster, for as long as this run holds its restore. A machine that wakes after minutes of sleep would go on writing
 * beside the run that has taken the restore over: the first write that it tries stops it instead.
 */
export function heldCluster(
  cluster: Cluster,
  record: Pick<RestoreWriter, "assertHeld"> | undefined,
  stop: (error: unknown) => void,
): Cluster {
  if (record === undefined) return cluster;
  const assertHeld = (): void => {
    try {
      record.assertHeld();
    } catch (error) {
      stop(error);
      throw error;
    }
  };
  return {
    ...cluster,
    create: async (...call) => {
      assertHeld();
      return cluster.create(...call);
    },
    replace: async (...call) => {
      assertHeld();
      return cluster.replace(...call);
    },
    patch: async (...call) => {
      assertHeld();
      return cluster.patch(...call);
    },
    exec: async (...call) => {
      assertHeld();
      return cluster.exec(...call);
    },
    remove: async (...call) => {
      assertHeld();
      return cluster.remove(...call);
    },
  };
}
