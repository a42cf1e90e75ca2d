import type { Cluster } from "#core/kube/cluster.ts";
import type { ClusterIds } from "#core/model/cluster-identity.ts";
import { describeError, isFailure } from "#core/model/errors.ts";
import type { RunContext } from "#core/model/run-context.ts";
import {
  type DeletionDecision,
  decideDeletion,
  holdingSkip,
  newestUsable,
  type SeenBackup,
} from "#core/protection/decide-deletion.ts";
import type { DeletionFacts } from "#core/protection/judge-backup.ts";
import { type NamespaceMarks, type Protection, protectionOf } from "#core/protection/protection-of.ts";
import type { ProtectionSettings } from "#core/protection/settings.ts";
import type { Skip } from "#core/protection/skip.ts";
import type { BackupIndex } from "./backup-index.ts";
import { readLiveClaims } from "./live-claims.ts";
import { lookAtCandidates, unseen } from "./look-at-candidates.ts";

/** What the guard would say now if somebody without the right to skip deleted it. */
export type Outlook =
  | { readonly deletion: "allowed"; readonly because: string }
  | { readonly deletion: "refused"; readonly reason: string; readonly because: string }
  /** The caller sees less than the guard does. */
  | { readonly deletion: "unknown"; readonly because: string };

export interface NamespaceStatus {
  readonly name: string;
  readonly protection: Protection;
  readonly outlook: Outlook;
  /** The newest that would let it go at some age. */
  readonly backup?: { readonly name: string; readonly ageSeconds: number } | undefined;
  /** Whoever may unprotect can delete it until then. */
  readonly skip?: Skip | undefined;
}

export interface StatusFacts {
  readonly cluster: Cluster;
  readonly clusterIds: ClusterIds;
  readonly settings: ProtectionSettings;
  /** Each has been read. */
  readonly indexes: readonly BackupIndex[];
  /** Locations that could not be read, each with what it said. */
  readonly troubles: readonly string[];
  /** By the API server's clock. */
  readonly now: () => Date;
  readonly monotonicMs: () => number;
}

/** The guard's own decision, from the same facts as far as the caller may read them. */
export async function namespaceStatus(
  namespace: NamespaceMarks,
  facts: StatusFacts,
  context: RunContext,
): Promise<NamespaceStatus> {
  const now = facts.now();
  const protection = protectionOf(namespace, facts.settings);
  const known = { name: namespace.name, protection, skip: holdingSkip(namespace, now) };
  try {
    const liveClaims = await readLiveClaims(facts.cluster, namespace.name, context.signal);
    const deletion = { cluster: facts.clusterIds, namespace, protection, liveClaims, now };
    const { backups, troubles } = await lookEverywhere(deletion, facts, context);
    const decision = decideDeletion({
      namespace,
      facts: deletion,
      mayUnprotect: false,
      backups,
      locations: facts.indexes.map(({ url }) => url),
      troubles,
      unread: facts.indexes.flatMap(({ unread }) => unread),
    });
    const backup = newestUsable({ backups, facts: deletion });
    return { ...known, backup, outlook: outlookOf(decision, troubles) };
  } catch (error) {
    if (!isFailure(error, "cluster-forbidden")) throw error;
    return { ...known, outlook: { deletion: "unknown", because: error.message } };
  }
}

async function lookEverywhere(
  deletion: DeletionFacts,
  { indexes, troubles, monotonicMs }: StatusFacts,
  context: RunContext,
): Promise<{ readonly backups: readonly SeenBackup[]; readonly troubles: readonly string[] }> {
  const found = await Promise.all(
    indexes.map(async (index) => {
      try {
        const { seen } = await lookAtCandidates(index, deletion, { ...context, monotonicMs });
        return { backups: seen, troubles: [] };
      } catch (error) {
        const backups = index.candidatesOf(deletion.namespace.name).map(unseen);
        return { backups, troubles: [`${index.url}: ${describeError(error)}`] };
      }
    }),
  );
  return {
    backups: found.flatMap(({ backups }) => backups),
    troubles: [...troubles, ...found.flatMap((one) => one.troubles)],
  };
}

function outlookOf(decision: DeletionDecision, troubles: readonly string[]): Outlook {
  if (decision.allowed) {
    const because = decision.because === "backup" ? `backup ${decision.backup}` : decision.because;
    return { deletion: "allowed", because };
  }
  const { reason, standing } = decision;
  const [trouble] = troubles;
  // What lies there the guard may see, with credentials of its own.
  return trouble === undefined
    ? { deletion: "refused", reason, because: standing }
    : { deletion: "unknown", because: `${standing}; not looked at: ${trouble}` };
}
