import type { RunContext } from "#core/model/run-context.ts";
import type { SeenBackup } from "#core/protection/decide-deletion.ts";
import { type DeletionFacts, judgeBackup } from "#core/protection/judge-backup.ts";
import type { Candidate } from "./backup-candidates.ts";
import type { BackupIndex } from "./backup-index.ts";

interface Looking extends RunContext {
  /** Milliseconds that only grow. */
  readonly monotonicMs: () => number;
}

export interface LookedAt {
  readonly seen: readonly SeenBackup[];
  /** One of them lets the namespace go. */
  readonly proved: boolean;
}

/** One location's backups of a namespace, newest first; looked at until one proves enough. Failure of the location. */
export async function lookAtCandidates(
  index: BackupIndex,
  deletion: DeletionFacts,
  looking: Looking,
): Promise<LookedAt> {
  const seen: SeenBackup[] = [];
  let proved = false;
  for (const candidate of index.candidatesOf(deletion.namespace.name)) {
    if (proved || !judgeBackup(candidate.evidence, deletion).usable) {
      seen.push(unseen(candidate));
      continue;
    }
    const { damage, askedAtMs } = await index.look(candidate, looking);
    const seenSecondsAgo = (looking.monotonicMs() - askedAtMs) / 1000;
    seen.push({ evidence: { ...candidate.evidence, damage }, seenSecondsAgo });
    proved = damage === undefined;
  }
  return { seen, proved };
}

/** As it was when it was read; nobody vouches for now. */
export function unseen({ evidence }: Candidate): SeenBackup {
  return { evidence, seenSecondsAgo: Number.POSITIVE_INFINITY };
}
