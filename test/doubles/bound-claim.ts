import type { MemoryCluster } from "./memory-cluster.ts";

/** Puts a claim that is bound to a volume of its own; its uid is its name's. */
export function bindClaim(
  cluster: MemoryCluster,
  { namespace, name, policy = "Delete" }: { namespace: string; name: string; policy?: "Delete" | "Retain" },
): void {
  const volumeName = `disk-of-${namespace}-${name}`;
  cluster.put("persistentvolumeclaims", {
    metadata: { namespace, name, uid: `uid-of-${namespace}-${name}` },
    spec: { volumeName },
  });
  cluster.put("persistentvolumes", {
    metadata: { name: volumeName },
    spec: { persistentVolumeReclaimPolicy: policy },
  });
}
