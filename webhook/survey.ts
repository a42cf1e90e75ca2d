import type { BackupIndex } from "#core/guard/backup-index.ts";
import { askClock } from "#core/guard/check-clocks.ts";
import { unseen } from "#core/guard/look-at-candidates.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import type { ClusterIds } from "#core/model/cluster-identity.ts";
import { GUARD } from "#core/model/guard.ts";
import type { RunContext } from "#core/model/run-context.ts";
import { newestUsable } from "#core/protection/decide-deletion.ts";
import { protectionOf } from "#core/protection/protection-of.ts";
import type { ProtectionSettings } from "#core/protection/settings.ts";
import type { Metrics } from "./metrics.ts";
import { readProtected } from "./protected-namespaces.ts";

export interface SurveyFacts {
  readonly cluster: Pick<Cluster, "list">;
  readonly clusterIds: ClusterIds;
  readonly settings: ProtectionSettings;
  readonly indexes: readonly BackupIndex[];
  readonly now: (signal: AbortSignal) => Promise<Date>;
}

type SurveyMetrics = Pick<Metrics, "newestBackup" | "maxAgeSeconds" | "clockSkewSeconds">;

/** What a scrape tells of protected namespaces and of clocks. Failure of the cluster. */
export async function survey(facts: SurveyFacts, metrics: SurveyMetrics, context: RunContext): Promise<void> {
  await Promise.all([surveyNamespaces(facts, metrics, context), surveyClocks(facts, metrics, context)]);
}

/** Claims aside: to ask for those of all namespaces every minute would cost the API server more than it tells. */
async function surveyNamespaces(
  { cluster, clusterIds, settings, indexes, now: tell }: SurveyFacts,
  { newestBackup, maxAgeSeconds }: SurveyMetrics,
  { signal }: RunContext,
): Promise<void> {
  const namespaces = await readProtected(cluster, settings, signal);
  const now = await tell(signal);
  // What is no longer protected is told of no longer.
  newestBackup.reset();
  maxAgeSeconds.reset();
  for (const namespace of namespaces) {
    // Never backed up, on purpose.
    if (namespace.name === GUARD.selfTest) continue;
    const protection = protectionOf(namespace, settings);
    const deletion = { cluster: clusterIds, namespace, protection, liveClaims: [], now };
    const backups = indexes.flatMap((index) => index.candidatesOf(namespace.name).map(unseen));
    const newest = newestUsable({ backups, facts: deletion });
    const from = newest === undefined ? 0 : now.getTime() / 1000 - newest.ageSeconds;
    newestBackup.set({ namespace: namespace.name }, from);
    maxAgeSeconds.set({ namespace: namespace.name }, protection.maxAgeSeconds);
  }
}

async function surveyClocks(
  { indexes, now: tell }: SurveyFacts,
  { clockSkewSeconds }: SurveyMetrics,
  context: RunContext,
): Promise<void> {
  const now = () => new Date();
  const server = await askClock("API server", () => tell(context.signal), now);
  const stores = await Promise.all(
    indexes.map((index) =>
      // One that does not answer has been told of already.
      askClock(index.url, () => index.serverTime(context), now).catch(() => undefined),
    ),
  );
  clockSkewSeconds.reset();
  const guard = { whose: "guard", aheadMs: 0 };
  for (const { whose, aheadMs } of [guard, ...stores.filter((one) => one !== undefined)]) {
    clockSkewSeconds.set({ clock: whose }, (aheadMs - server.aheadMs) / 1000);
  }
}
