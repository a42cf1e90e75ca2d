import { decodeClaim, MAX_CLAIM_BYTES } from "#core/format/claim.ts";
import type { ObjectInfo, ObjectReader } from "#core/storage/object-store.ts";
import { type FolderView, type RunClaims, viewFolder } from "./folder-view.ts";
import type { ProcessTable } from "./process-identity.ts";
import { readWhole } from "./read-whole.ts";

/** By the store's clock, from the newest claim of a run. */
const CLAIM_LIFE_MS = 5 * 60_000;

export interface RivalQuestion {
  /** Absent: every claim is another's. */
  readonly ownRunId: string | undefined;
  readonly store: ObjectReader;
  readonly processes: ProcessTable;
  readonly signal: AbortSignal;
}

/** The claims of other runs that may still be at work. Whatever is not known to be over counts as live. */
export async function liveRivals(view: FolderView, question: RivalQuestion): Promise<RunClaims[]> {
  return await notGone(recentRivals(view, question.ownRunId), question);
}

/**
 * The folder as it lies when no other run is at work there; else the runs that are. A run may have done its last, a commit
 * too, between a listing and the question whether its process lives: so what one that is gone left is told by a listing
 * that was made after it was known to be gone.
 */
export async function viewWithoutRivals(
  folder: string,
  question: RivalQuestion,
): Promise<{ readonly view: FolderView; readonly rivals: readonly RunClaims[] }> {
  const gone = new Set<string>();
  for (;;) {
    const view = await viewFolder(question.store, folder, question.signal);
    const unknown = recentRivals(view, question.ownRunId).filter(({ runId }) => !gone.has(runId));
    if (unknown.length === 0) return { view, rivals: [] };
    const rivals = await notGone(unknown, question);
    if (rivals.length > 0) return { view, rivals };
    for (const { runId } of unknown) gone.add(runId);
  }
}

async function notGone(claims: readonly RunClaims[], question: RivalQuestion): Promise<RunClaims[]> {
  const gone = await Promise.all(claims.map((claim) => isHolderGone(claim, question)));
  return claims.filter((_, index) => gone[index] !== true);
}

/** Older ones stopped writing a minute before their claim ended. */
function recentRivals(view: FolderView, ownRunId: string | undefined): readonly RunClaims[] {
  return view.claims.filter(
    ({ runId, newest }) => runId !== ownRunId && ageMs(view, newest) <= CLAIM_LIFE_MS,
  );
}

function ageMs(view: FolderView, claim: ObjectInfo): number {
  return view.serverTime.getTime() - claim.lastModified.getTime();
}

/** A claim that vanished meanwhile is still counted: the next listing tells. */
async function isHolderGone({ newest }: RunClaims, question: RivalQuestion): Promise<boolean> {
  const { store, processes, signal } = question;
  const bytes = await readWhole(store, newest, { maxBytes: MAX_CLAIM_BYTES, signal }).catch(() => undefined);
  signal.throwIfAborted();
  const body = bytes === undefined ? undefined : decodeClaim(bytes);
  return body !== undefined && processes.isGone(body);
}
