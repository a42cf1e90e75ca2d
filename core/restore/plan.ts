import type { OpenBackup } from "#core/catalog/catalog.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import type { ClusterRelation } from "#core/model/cluster-identity.ts";
import type { ItemKind } from "#core/model/item.ts";
import type { RestoreRequest } from "#core/model/restore.ts";
import type { Tier } from "#core/model/tier.ts";
import type { NeverRestored } from "./select.ts";
import type { Removal } from "./undo/look-at-created.ts";
import type { Undo } from "./undo/open-undo.ts";

/** What a restore will do, as a value: printed by --dry-run, shown before the start, and then carried out. */
export interface RestorePlan {
  readonly restore: string;
  readonly backup: string;
  readonly target: {
    readonly contextName: string;
    readonly clusterName: string;
    readonly server: string;
    readonly relation: ClusterRelation;
  };
  readonly namespaces: readonly PlannedNamespace[];
  readonly kinds: readonly PlannedKind[];
  readonly counts: PlanCounts;
  /** What an undo deletes, or keeps, of what the restore created. */
  readonly removals: readonly Removal[];
  /** What becomes of each selected claim, those held back first. */
  readonly claims: readonly PlannedClaim[];
  /** Claims whose data nothing can bring back, then what mounts them. */
  readonly held: readonly HeldItem[];
  readonly missing: readonly MissingKind[];
  /** Namespaces that another cluster keeps its own of. */
  readonly leftOut: readonly string[];
  readonly neverRestored: readonly NeverRestored[];
  /** Named by the request, unknown to the backup. */
  readonly absentNamespaces: readonly string[];
  /** What lies in the backup and cannot be read, whether it was meant or not; only others' archives hold such. */
  readonly unreadable: readonly string[];
  /** In the order in which they are restored, where anything is classified. */
  readonly tiers: readonly PlannedTier[];
  /** Created where missing, never touched where they exist, since nobody selected them; the first thousand. */
  readonly pulledIn: readonly PulledInItem[];
  /** What restored objects refer to and is neither restored nor in the target. */
  readonly unmet: readonly UnmetReference[];
  readonly warnings: readonly string[];
}

export interface PlannedTier {
  readonly tier: Tier;
  readonly objects: number;
  /** Of these: those that start pods. */
  readonly workloads: number;
}

export interface PulledInItem extends ItemKind {
  /** As in the backup. */
  readonly namespace: string;
  readonly name: string;
  readonly because: string;
}

export interface UnmetReference {
  /** `resource.group` */
  readonly kind: string;
  /** As in the backup. */
  readonly namespace: string;
  readonly name: string;
  /** One of those that refer to it. */
  readonly neededBy: string;
  readonly inBackup: boolean;
}

export interface PlannedNamespace {
  readonly from: string;
  readonly to: string;
  readonly exists: boolean;
  /** It is going away: waited for, then created. */
  readonly terminating: boolean;
}

export interface PlanCounts {
  readonly create: number;
  /** Compared one by one when their turn comes. */
  readonly exists: number;
  readonly skip: number;
  readonly hold: number;
  readonly fail: number;
}

export interface PlannedKind extends PlanCounts, ItemKind {
  readonly pulledIn: boolean;
  /** By reason. */
  readonly skipped: Readonly<Record<string, number>>;
}

export interface HeldItem extends ItemKind {
  /** As in the backup. */
  readonly namespace: string;
  readonly name: string;
  readonly message: string;
}

export interface PlannedClaim {
  /** As in the backup. */
  readonly namespace: string;
  readonly name: string;
  /** `empty`: it was bound and nothing here can bring its data back. */
  readonly fate: "rebind" | "static" | "empty" | "unbound" | "exists" | "of-pod";
  /** Not created, since nobody allowed it to be empty. */
  readonly held: boolean;
  /** That it returns with. */
  readonly volume?: string | undefined;
  readonly why?: string | undefined;
}

export interface MissingKind extends ItemKind {
  readonly reason: string;
  readonly message: string;
  readonly count: number;
}

export interface PlanRequest {
  readonly cluster: Cluster;
  readonly backup: OpenBackup;
  readonly request: RestoreRequest;
  /** What is taken back, where this is no restore of a backup. */
  readonly undo?: Undo | undefined;
}

export const NO_COUNTS: PlanCounts = { create: 0, exists: 0, skip: 0, hold: 0, fail: 0 };

export function addCounts(left: PlanCounts, right: PlanCounts): PlanCounts {
  return {
    create: left.create + right.create,
    exists: left.exists + right.exists,
    skip: left.skip + right.skip,
    hold: left.hold + right.hold,
    fail: left.fail + right.fail,
  };
}
