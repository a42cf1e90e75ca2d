import type { CatalogReader } from "#core/catalog/catalog.ts";
import { forEachLimited } from "#core/flow/for-each-limited.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import { readClusterIds } from "#core/kube/cluster-ids.ts";
import { isFailure } from "#core/model/errors.ts";
import { GUARD, UNGUARDED_NAMESPACES } from "#core/model/guard.ts";
import type { HealthCheck } from "#core/model/health-check.ts";
import type { RunContext } from "#core/model/run-context.ts";
import { type LabelMistake, labelMistakes } from "#core/protection/label-mistakes.ts";
import { type NamespaceMarks, protectionOf } from "#core/protection/protection-of.ts";
import { askClock, checkClocks } from "./check-clocks.ts";
import { checkHealth } from "./check-health.ts";
import { type NamespaceStatus, namespaceStatus, type StatusFacts } from "./namespace-status.ts";
import { readLocations } from "./read-locations.ts";
import { readNamespaces } from "./read-namespaces.ts";
import type { GuardObject } from "./render-guard.ts";
import { runningLimits } from "./running-limits.ts";
import { VIEWER_RIGHTS } from "./viewer-rights.ts";

export interface StatusRequest {
  readonly cluster: Cluster;
  /** The webhook configuration as it is shipped. */
  readonly shipped: GuardObject;
  /** A published location's backups, with the caller's credentials. */
  readonly open: (name: string, url: string) => Promise<CatalogReader>;
  /** Archives are read too: hours where much is stored. */
  readonly isDeep: boolean;
}

export interface GuardStatus {
  readonly checks: readonly HealthCheck[];
  /** Those that are protected, by name. */
  readonly namespaces: readonly NamespaceStatus[];
  readonly mistakes: readonly LabelMistake[];
}

const NAMESPACES_AT_ONCE = 8;
const monotonicMs = () => performance.now();

/** What a right is missing for is named in its place; only a cluster that cannot be asked at all is a Failure. */
export async function readGuardStatus(
  { cluster, shipped, open, isDeep }: StatusRequest,
  context: RunContext,
): Promise<GuardStatus> {
  const { signal } = context;
  const server = await askClock("the API server", () => cluster.serverTime(signal), context.now);
  const now = () => new Date(context.now().getTime() + server.aheadMs);
  const clusterIds = await readClusterIds(cluster, signal);
  const [health, locations, marks] = await Promise.all([
    checkHealth({ cluster, shipped, now: now(), signal }),
    readLocations({ cluster, clusterIds, open, isDeep, monotonicMs }, context),
    readMarks(cluster, signal),
  ]);
  const { settings, checks: limits } = runningLimits(health);
  const facts = { ...locations, cluster, clusterIds, settings, now, monotonicMs };
  return {
    checks: [
      ...health.checks,
      ...limits,
      ...(health.isInstalled ? locations.checks : []),
      checkClocks(server, locations.clocks),
      ...marks.checks,
    ],
    namespaces: await statuses(marks.found, facts, context),
    mistakes: marks.found.flatMap((one) => labelMistakes(one, settings, now())),
  };
}

/** Is something less protected than it says? A namespace without a fresh backup is not: it stays. */
export function isAmiss({ checks, mistakes }: GuardStatus): boolean {
  return checks.some(({ state }) => state === "failed") || mistakes.some((one) => one.isAmiss);
}

/** Could it not be told whether the guard answers, or which namespaces are protected? Then nothing is known to be well. */
export function isUnseen({ checks }: GuardStatus): boolean {
  return checks.some(
    ({ check, state }) => state === "unknown" && (check === "answer" || check === "namespaces"),
  );
}

interface Marks {
  readonly found: readonly NamespaceMarks[];
  readonly checks: readonly HealthCheck[];
}

async function readMarks(cluster: Cluster, signal: AbortSignal): Promise<Marks> {
  try {
    const all = await readNamespaces(cluster, signal);
    // Made to be refused, and in no backup by intent.
    return { found: all.filter(({ name }) => name !== GUARD.selfTest), checks: [] };
  } catch (error) {
    if (!isFailure(error, "cluster-forbidden")) throw error;
    return {
      found: [],
      checks: [{ check: "namespaces", state: "unknown", detail: error.message, help: [VIEWER_RIGHTS] }],
    };
  }
}

async function statuses(
  marks: readonly NamespaceMarks[],
  facts: StatusFacts,
  context: RunContext,
): Promise<readonly NamespaceStatus[]> {
  const isGuarded = (one: NamespaceMarks) =>
    protectionOf(one, facts.settings).isProtected && !UNGUARDED_NAMESPACES.includes(one.name);
  const found: NamespaceStatus[] = [];
  const work = { concurrency: NAMESPACES_AT_ONCE, signal: context.signal };
  await forEachLimited(marks.filter(isGuarded), work, async (one, signal) => {
    found.push(await namespaceStatus(one, facts, { ...context, signal }));
  });
  return found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
