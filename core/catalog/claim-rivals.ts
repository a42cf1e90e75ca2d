import { decodeClaim, MAX_CLAIM_BYTES } from "#core/format/claim.ts";
import type { ObjectInfo, ObjectReader } from "#core/storage/object-store.ts";
import type { FolderView, RunClaims } from "./folder-view.ts";
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
  const recent = view.claims.filter(
    ({ runId, newest }) => runId !== question.ownRunId && ageMs(view, newest) <= CLAIM_LIFE_MS,
  );
  const gone = await Promise.all(recent.map((claim) => isHolderGone(claim, question)));
  return recent.filter((_, index) => gone[index] !== true);
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
