import type { RestoreWriter } from "#core/catalog/catalog.ts";
import type { Cluster } from "#core/kube/cluster.ts";

export interface Holding {
  readonly record: Pick<RestoreWriter, "assertHeld"> | undefined;
  readonly stop: (error: unknown) => void;
  /** Told before each write that is sent. */
  readonly onWrite: () => void;
}

/**
 * The cluster, for as long as this run holds its restore. A machine that wakes after minutes of sleep would go on writing
 * beside the run that has taken the restore over: the first write that it tries stops it instead.
 */
export function heldCluster(cluster: Cluster, { record, stop, onWrite }: Holding): Cluster {
  const beginWrite = (): void => {
    try {
      record?.assertHeld();
    } catch (error) {
      stop(error);
      throw error;
    }
    onWrite();
  };
  return {
    ...cluster,
    create: async (...call) => {
      beginWrite();
      return cluster.create(...call);
    },
    replace: async (...call) => {
      beginWrite();
      return cluster.replace(...call);
    },
    patch: async (...call) => {
      beginWrite();
      return cluster.patch(...call);
    },
    exec: async (...call) => {
      beginWrite();
      return cluster.exec(...call);
    },
    remove: async (...call) => {
      beginWrite();
      return cluster.remove(...call);
    },
  };
}
