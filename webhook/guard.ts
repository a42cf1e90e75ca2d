import { withDeadline } from "#core/flow/with-deadline.ts";
import type { BackupIndex } from "#core/guard/backup-index.ts";
import { lookAtCandidates, unseen } from "#core/guard/look-at-candidates.ts";
import type { ClusterIds } from "#core/model/cluster-identity.ts";
import { describeError } from "#core/model/errors.ts";
import { shortLine } from "#core/model/one-line.ts";
import type { RunContext } from "#core/model/run-context.ts";
import {
  type DeletionDecision,
  decideDeletion,
  holdingSkip,
  type SeenBackup,
} from "#core/protection/decide-deletion.ts";
import type { DeletionFacts } from "#core/protection/judge-backup.ts";
import { type NamespaceMarks, protectionOf } from "#core/protection/protection-of.ts";
import { type NamespaceChange, reviewUpdate } from "#core/protection/review-update.ts";
import type { ProtectionSettings } from "#core/protection/settings.ts";
import type { LiveClaims } from "./live-claims.ts";
import type { MayUnprotect } from "./may-unprotect.ts";
import type { Answer, Review } from "./review.ts";

/** What the guard asks while it decides. */
export interface GuardFacts {
  readonly settings: ProtectionSettings;
  readonly cluster: ClusterIds;
  readonly indexes: readonly BackupIndex[];
  readonly now: (signal: AbortSignal) => Promise<Date>;
  readonly monotonicMs: () => number;
  readonly mayUnprotect: MayUnprotect;
  readonly liveClaims: LiveClaims;
}

/** All that is asked of a location for one answer: the API server gives up after five seconds. */
const LOCATION_MS = 2000;
/** All of an answer. */
const ANSWER_MS = 4500;

/** Never throws: whatever goes wrong, what is protected stays, and this is the one place that says so. */
export async function answerReview(review: Review, facts: GuardFacts, context: RunContext): Promise<Answer> {
  try {
    return await withDeadline({ signal: context.signal, withinMs: ANSWER_MS }, (signal) =>
      decide({ review, facts, context: { ...context, signal } }),
    );
  } catch (error) {
    const name = (review.before ?? review.after)?.name ?? "";
    const message = `namespace ${name} is protected, and the guard cannot tell whether it may go: ${shortLine(describeError(error))}`;
    return { allowed: false, reason: "trouble", message };
  }
}

interface Sitting {
  readonly review: Review;
  readonly facts: GuardFacts;
  readonly context: RunContext;
}

async function decide(sitting: Sitting): Promise<Answer> {
  const { review } = sitting;
  if (!review.isNamespace) return { allowed: true, reason: "other-kind" };
  const { before, after } = review;
  if (before === undefined) return refuseUnknown(review);
  if (review.operation === "DELETE") return answerDeletion(before, sitting);
  if (review.operation !== "UPDATE" || after === undefined) return refuseUnknown(review);
  return answerUpdate({ before, after }, sitting);
}

/** Only protected namespaces are brought here: what is not said of one is no reason to let it go. */
function refuseUnknown({ operation }: Review): Answer {
  const message = `the guard was asked for ${operation} without the namespace it is about`;
  return { allowed: false, reason: "trouble", message };
}

async function answerUpdate(
  change: NamespaceChange,
  { review: { requester }, facts, context }: Sitting,
): Promise<Answer> {
  if (change.before.terminating) return { allowed: true, reason: "terminating" };
  const { name } = change.after;
  const now = await facts.now(context.signal);
  const { unreadable, weakened } = reviewUpdate(change, facts.settings, now);
  if (unreadable.length > 0) {
    const message = `namespace ${name}: not understood: ${shortLine(unreadable.join(", "))}`;
    return { allowed: false, reason: "unreadable", message };
  }
  if (weakened.length === 0) return { allowed: true, reason: "not-weaker" };
  const what = weakened.join(", ");
  if (await facts.mayUnprotect(requester, name, context.signal)) {
    return { allowed: true, reason: "may-unprotect", notes: { weakened: what, user: requester.username } };
  }
  const message = `namespace ${name} is protected, and this would weaken it (${what}): that needs the verb unprotect on it, which ${requester.username} does not have`;
  return { allowed: false, reason: "weakening", message };
}

async function answerDeletion(
  namespace: NamespaceMarks,
  { review: { requester }, facts, context }: Sitting,
): Promise<Answer> {
  const protection = protectionOf(namespace, facts.settings);
  const locations = facts.indexes.map(({ url }) => url);
  const bare = { namespace, backups: [], locations, troubles: [], unread: [] };
  const known = { cluster: facts.cluster, namespace, protection };
  if (namespace.terminating || !protection.isProtected) {
    // Neither asks for anything that could fail.
    const unasked = { ...known, liveClaims: [], now: new Date(0) };
    return answerOf(decideDeletion({ ...bare, facts: unasked, mayUnprotect: false }), requester.username);
  }
  const now = await facts.now(context.signal);
  const mayUnprotect =
    holdingSkip(namespace, now) !== undefined &&
    (await facts.mayUnprotect(requester, namespace.name, context.signal));
  const unclaimed = { ...known, liveClaims: [], now };
  if (mayUnprotect) {
    return answerOf(decideDeletion({ ...bare, facts: unclaimed, mayUnprotect }), requester.username);
  }
  const liveClaims = protection.areVolumesWaived ? [] : await facts.liveClaims(namespace.name);
  const deletion = { ...unclaimed, liveClaims };
  const { backups, troubles } = await lookForProof(deletion, facts, context);
  const unread = facts.indexes.flatMap((index) => index.unread);
  return answerOf(
    decideDeletion({ ...bare, facts: deletion, mayUnprotect, backups, troubles, unread }),
    requester.username,
  );
}

interface Looked {
  readonly backups: readonly SeenBackup[];
  readonly troubles: readonly string[];
}

/** In all locations at once; what is known first, and only where that does not do the location is read anew. */
async function lookForProof(
  deletion: DeletionFacts,
  facts: GuardFacts,
  context: RunContext,
): Promise<Looked> {
  const deadline = { signal: context.signal, withinMs: LOCATION_MS };
  const found = await Promise.all(
    facts.indexes.map(async (index): Promise<Looked> => {
      try {
        return await withDeadline(deadline, (signal) =>
          lookIn(index, { deletion, facts }, { ...context, signal }),
        );
      } catch (error) {
        const why = isTimeout(error) ? `no answer within ${LOCATION_MS / 1000} s` : describeError(error);
        const backups = index.candidatesOf(deletion.namespace.name).map(unseen);
        return { backups, troubles: [why.includes(index.url) ? why : `${index.url}: ${why}`] };
      }
    }),
  );
  return {
    backups: found.flatMap(({ backups }) => backups),
    troubles: found.flatMap(({ troubles }) => troubles),
  };
}

async function lookIn(
  index: BackupIndex,
  { deletion, facts }: { readonly deletion: DeletionFacts; readonly facts: GuardFacts },
  context: RunContext,
): Promise<Looked> {
  const looking = { ...context, monotonicMs: facts.monotonicMs };
  const before = await lookAtCandidates(index, deletion, looking);
  if (before.proved) return { backups: before.seen, troubles: [] };
  // A backup that finished a second ago counts. Others wait for the same reading, which goes on if they give up.
  await index.readNews(context);
  const after = await lookAtCandidates(index, deletion, looking);
  return { backups: after.seen, troubles: [] };
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === "TimeoutError";
}

function answerOf(decision: DeletionDecision, user: string): Answer {
  if (!decision.allowed) return decision;
  switch (decision.because) {
    case "skip":
      return { allowed: true, reason: "skip", notes: { user, "skip-reason": decision.skip.reason } };
    case "backup":
      return { allowed: true, reason: "backup", notes: { backup: decision.backup } };
    default:
      return { allowed: true, reason: decision.because };
  }
}
