/**
 * Is this the cluster that a backup came from? Every reader uses this one answer: get, restore, prune, the guard.
 *
 * The ids are the uid of kube-system and the sha256 of the cluster's CA, each where readable. Where both uids are known
 * they decide: one CA may stand behind several clusters, and a cluster's CA may be renewed. The CA helps where somebody
 * may not read kube-system. Nothing comparable: unknown.
 */
export interface ClusterIds {
  readonly kubeSystemUid?: string | undefined;
  readonly caSha256?: string | undefined;
}

export type ClusterRelation = "same" | "other" | "unknown";

export function relateClusters(left: ClusterIds, right: ClusterIds): ClusterRelation {
  const byUid = compare(left.kubeSystemUid, right.kubeSystemUid);
  return byUid === "unknown" ? compare(left.caSha256, right.caSha256) : byUid;
}

function compare(left: string | undefined, right: string | undefined): ClusterRelation {
  if (left === undefined || right === undefined) return "unknown";
  return left === right ? "same" : "other";
}
