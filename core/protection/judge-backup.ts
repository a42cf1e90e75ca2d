import type { ClaimRecord, NamespaceRecord } from "#core/model/backup.ts";
import { type ClusterIds, relateClusters } from "#core/model/cluster-identity.ts";
import { inShort } from "./in-short.ts";
import type { Protection } from "./protection-of.ts";

/** What one backup's manifest and folder prove of one namespace. */
export interface BackupEvidence {
  readonly name: string;
  readonly cluster: ClusterIds;
  /** Its record of the namespace of that name. */
  readonly namespace: Pick<
    NamespaceRecord,
    "uid" | "firstListAt" | "excludedByLabel" | "claims" | "complete" | "incompleteReason"
  >;
  /** By the API server's clock. */
  readonly finishedAt: string;
  /** By the store's clock: LastModified of the commit object. */
  readonly committedAt: Date;
  /** What is wrong with its files as they lie there now; undefined when all are as recorded. */
  readonly damage?: string | undefined;
}

/** By the moment that their age counts from, which is told in whole seconds; then by when they were stored. */
export function newestFirst(a: BackupEvidence, b: BackupEvidence): number {
  const startOf = ({ namespace }: BackupEvidence) => Date.parse(namespace.firstListAt) || 0;
  return startOf(b) - startOf(a) || b.committedAt.getTime() - a.committedAt.getTime();
}

/** A claim that is bound now. */
export interface LiveClaim {
  readonly name: string;
  readonly uid: string;
  /** The volume's reclaim policy is Retain: the disk stays whatever becomes of the namespace. */
  readonly isRetained: boolean;
}

export interface DeletionFacts {
  readonly cluster: ClusterIds;
  readonly namespace: { readonly name: string; readonly uid: string };
  readonly protection: Protection;
  readonly liveClaims: readonly LiveClaim[];
  /** By the API server's clock. */
  readonly now: Date;
}

export type Unusable =
  | "other-cluster"
  | "other-namespace"
  | "damaged"
  | "incomplete"
  | "excluded"
  | "clock"
  | "claim"
  | "stale";

export type Verdict =
  | { readonly usable: true; readonly ageSeconds: number }
  | { readonly usable: false; readonly reason: Unusable; readonly why: string; readonly ageSeconds?: number };

/** How far two honest clocks may differ. */
export const LONGEST_SKEW_MS = 2 * 60 * 1000;

/**
 * Does this backup let the namespace go? What says that it is another's comes first; its age last, so that a backup
 * which is only too old is told from one that would not do at any age.
 */
export function judgeBackup(evidence: BackupEvidence, facts: DeletionFacts): Verdict {
  const flaw = flawOf(evidence, facts);
  if (flaw !== undefined) return { usable: false, ...flaw };
  const ageSeconds = Math.max(0, (facts.now.getTime() - Date.parse(evidence.namespace.firstListAt)) / 1000);
  const claim = lostClaim(evidence, facts);
  if (claim !== undefined) return { usable: false, reason: "claim", why: claim, ageSeconds };
  if (ageSeconds <= facts.protection.maxAgeSeconds) return { usable: true, ageSeconds };
  return { usable: false, reason: "stale", why: `it is ${inShort(ageSeconds)} old`, ageSeconds };
}

type Flaw = { readonly reason: Unusable; readonly why: string };
/** What is known without looking at the claims that are bound now. */
type KnownFacts = Omit<DeletionFacts, "liveClaims">;

/** What keeps a backup from counting at any age and whatever claims there are. */
export function flawOf(evidence: BackupEvidence, facts: KnownFacts): Flaw | undefined {
  return whoseFlaw(evidence, facts) ?? contentFlaw(evidence, facts) ?? clockFlaw(evidence, facts);
}

function whoseFlaw({ cluster, namespace, damage }: BackupEvidence, facts: KnownFacts): Flaw | undefined {
  // Where nothing tells the clusters apart the namespace's uid does.
  if (relateClusters(cluster, facts.cluster) === "other") {
    return { reason: "other-cluster", why: "it is of another cluster" };
  }
  if (namespace.uid !== facts.namespace.uid) {
    const why =
      namespace.uid === undefined
        ? "whoever made it could not read the namespace itself, so it may be of an earlier one"
        : "it is of an earlier namespace of that name";
    return { reason: "other-namespace", why };
  }
  return damage === undefined ? undefined : { reason: "damaged", why: damage };
}

function contentFlaw({ namespace }: BackupEvidence, { protection }: KnownFacts): Flaw | undefined {
  if (!namespace.complete) {
    const why = `it does not hold the namespace whole: ${namespace.incompleteReason ?? "no reason is recorded"}`;
    return { reason: "incomplete", why };
  }
  if (namespace.excludedByLabel === 0 || protection.areExclusionsAllowed) return undefined;
  const count = namespace.excludedByLabel;
  return { reason: "excluded", why: `${count} object${count === 1 ? " was" : "s were"} left out by label` };
}

function clockFlaw(evidence: BackupEvidence, { now }: KnownFacts): Flaw | undefined {
  const why = timeFlaw(evidence);
  if (why !== undefined) return { reason: "clock", why };
  const latest = now.getTime() + LONGEST_SKEW_MS;
  const isToCome = [evidence.namespace.firstListAt, evidence.finishedAt].some(
    (time) => !(Date.parse(time) <= latest),
  );
  return isToCome ? { reason: "clock", why: "it records a time that has not come yet" } : undefined;
}

/**
 * What is wrong with its times whenever it is looked at. A later LastModified (a slow upload, a copy) is harmless: the
 * age never comes from it.
 */
export function timeFlaw({ namespace, finishedAt, committedAt }: BackupEvidence): string | undefined {
  const recorded = [Date.parse(namespace.firstListAt), Date.parse(finishedAt)];
  if ([...recorded, committedAt.getTime()].some(Number.isNaN))
    return "the times that it records cannot be read";
  const latest = committedAt.getTime() + LONGEST_SKEW_MS;
  return Math.max(...recorded) > latest ? "it ended later than its location says it was stored" : undefined;
}

/** Bound claims whose disks would go with the namespace, unless a backup holds their data. */
export function claimsAtRisk({ protection, liveClaims }: DeletionFacts): readonly LiveClaim[] {
  return protection.areVolumesWaived ? [] : liveClaims.filter(({ isRetained }) => !isRetained);
}

function lostClaim({ namespace }: BackupEvidence, facts: DeletionFacts): string | undefined {
  const captured = new Set(namespace.claims.filter(isCaptured).map(({ uid }) => uid));
  const lost = claimsAtRisk(facts).filter(({ uid }) => !captured.has(uid));
  const [first] = lost;
  if (first === undefined) return undefined;
  const others = lost.length > 1 ? ` and of ${lost.length - 1} more` : "";
  return `the data of claim ${first.name}${others} is not in it, and the volume goes with the claim`;
}

function isCaptured({ captured }: ClaimRecord): boolean {
  return captured === "data" || captured === "snapshot";
}
