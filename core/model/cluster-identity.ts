/**
 * Is this the cluster that a backup came from? Every reader uses this one answer: get, restore, prune, the guard.
 *
 * The ids are the uid of kube-system and the sha256 of the cluster's CA, each where readable. Any id of the same kind
 * equal: the same. Ids of one kind that differ, and none equal: another. Nothing comparable: unknown.
 */
export interface ClusterIds {
  readonly kubeSystemUid?: string | undefined;
  readonly caSha256?: string | undefined;
}

export type ClusterRelation = "same" | "other" | "unknown";

export function relateClusters(left: ClusterIds, right: ClusterIds): ClusterRelation {
  const comparisons = [
    compare(left.kubeSystemUid, right.kubeSystemUid),
    compare(left.caSha256, right.caSha256),
  ];
  if (comparisons.includes("same")) return "same";
  return comparisons.includes("other") ? "other" : "unknown";
}

function compare(left: string | undefined, right: string | undefined): ClusterRelation {
  if (left === undefined || right === undefined) return "unknown";
  return left === right ? "same" : "other";
}
