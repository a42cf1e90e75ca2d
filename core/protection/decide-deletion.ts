import { annotationKeys } from "#core/model/annotations.ts";
import {
  type BackupEvidence,
  type DeletionFacts,
  judgeBackup,
  newestFirst,
  type Verdict,
} from "./judge-backup.ts";
import type { NamespaceMarks } from "./protection-of.ts";
import { type RefusedBackup, refusalText, standingOf } from "./refusal-text.ts";
import { readSkip, type Skip, whyNoSkip } from "./skip.ts";

/** A backup as a look at its location showed it. */
export interface SeenBackup {
  readonly evidence: BackupEvidence;
  /** Since its folder was listed and showed all its files as recorded. */
  readonly seenSecondsAgo: number;
}

export interface Deletion {
  readonly namespace: NamespaceMarks;
  readonly facts: DeletionFacts;
  /** Whoever deletes has the verb `unprotect`; asked only where a skip holds. */
  readonly mayUnprotect: boolean;
  /** Of this namespace's name, from all locations, in any order. */
  readonly backups: readonly SeenBackup[];
  /** URLs of all locations; the first is where the printed command saves to. */
  readonly locations: readonly string[];
  /** Locations that could not be looked at, each with what it said. */
  readonly troubles: readonly string[];
  /** Backups that nobody could look into, each with why: they may hold this namespace. */
  readonly unread: readonly string[];
}

export type DeletionDecision =
  | { readonly allowed: true; readonly because: "unprotected" | "terminating" }
  | { readonly allowed: true; readonly because: "skip"; readonly skip: Skip }
  | {
      readonly allowed: true;
      readonly because: "backup";
      readonly backup: string;
      readonly ageSeconds: number;
    }
  | {
      readonly allowed: false;
      readonly reason: RefusalReason;
      /** How its backups stand, in a line; the message says it too. */
      readonly standing: string;
      readonly message: string;
    };

export type RefusalReason = "none" | "location" | RefusedBackup["reason"];

/** How old the look behind an allowed deletion may be: what was removed from a location since then is not seen. */
const LONGEST_LOOK_SECONDS = 5;

/** May it go? The order is the promise: what needs no location comes first, and only proof of a backup comes after. */
export function decideDeletion(deletion: Deletion): DeletionDecision {
  const { namespace, facts, mayUnprotect } = deletion;
  if (namespace.terminating) return { allowed: true, because: "terminating" };
  if (!facts.protection.isProtected) return { allowed: true, because: "unprotected" };
  const skip = mayUnprotect ? holdingSkip(namespace, facts.now) : undefined;
  if (skip !== undefined) return { allowed: true, because: "skip", skip };
  const judged = judgeAll(deletion);
  const proof = judged.find(({ seen, verdict }) => verdict.usable && isFreshlySeen(seen));
  if (proof?.verdict.usable === true) {
    const { seen, verdict } = proof;
    return { allowed: true, because: "backup", backup: seen.evidence.name, ageSeconds: verdict.ageSeconds };
  }
  return refuse(deletion, judged);
}

/** The skip that lies on a namespace and holds now. */
export function holdingSkip({ name, annotations }: NamespaceMarks, now: Date): Skip | undefined {
  const text = annotations[annotationKeys.skipFinalBackup];
  return text === undefined || whyNoSkip(text, name, now) !== undefined ? undefined : readSkip(text);
}

interface Judged {
  readonly seen: SeenBackup;
  readonly verdict: Verdict;
}

/** Newest first. */
function judgeAll({ backups, facts }: Pick<Deletion, "backups" | "facts">): readonly Judged[] {
  return backups
    .toSorted((a, b) => newestFirst(a.evidence, b.evidence))
    .map((seen) => ({ seen, verdict: judgeBackup(seen.evidence, facts) }));
}

/** The newest backup that would do, or would if it were younger. */
export function newestUsable(
  deletion: Pick<Deletion, "backups" | "facts">,
): { readonly name: string; readonly ageSeconds: number } | undefined {
  const found = judgeAll(deletion).find(({ verdict }) => verdict.usable || verdict.reason === "stale");
  return found && { name: found.seen.evidence.name, ageSeconds: found.verdict.ageSeconds ?? 0 };
}

function isFreshlySeen({ seenSecondsAgo }: SeenBackup): boolean {
  return seenSecondsAgo >= 0 && seenSecondsAgo <= LONGEST_LOOK_SECONDS;
}

function refuse(deletion: Deletion, judged: readonly Judged[]): DeletionDecision {
  const nearest = nearestOfNewest(judged);
  const newest = nearest === undefined ? undefined : refusedBackup(nearest, deletion.facts);
  const reason = newest?.reason ?? (deletion.troubles.length > 0 ? "location" : "none");
  const standing = standingOf(deletion, newest);
  return { allowed: false, reason, standing, message: refusalText(deletion, newest) };
}

/** Servers tell times in whole seconds: of backups that nothing tells apart, the one to tell of lacks the least. */
function nearestOfNewest(judged: readonly Judged[]): Judged | undefined {
  const [first] = judged;
  if (first === undefined) return undefined;
  const newest = judged.filter(({ seen }) => newestFirst(seen.evidence, first.seen.evidence) === 0);
  return newest.find(({ verdict }) => verdict.ageSeconds !== undefined) ?? first;
}

function refusedBackup({ seen, verdict }: Judged, { protection }: DeletionFacts): RefusedBackup {
  const { name } = seen.evidence;
  if (verdict.usable) {
    // It would do, but nobody saw it there lately: another one is not what is missing.
    const why = "its location was not seen holding it in the last seconds";
    return { name, reason: "location", why, isFresh: false };
  }
  const { reason, why, ageSeconds } = verdict;
  return { name, reason, why, isFresh: reason === "claim" && (ageSeconds ?? 0) <= protection.maxAgeSeconds };
}
