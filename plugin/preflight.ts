import type { ClockReading } from "#core/guard/check-clocks.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import { type Failure, isFailure } from "#core/model/errors.ts";
import type { HealthCheck } from "#core/model/health-check.ts";
import type { RunContext } from "#core/model/run-context.ts";
import type { NamedLocation } from "#core/storage/locations.ts";
import type { App } from "./app.ts";
import type { ExitCode } from "./command.ts";
import { type ClusterChoice, openClusterFor, runContextOf } from "./context.ts";
import { exitCodeOf } from "./ui/failure.ts";
import { afterLocationCheck } from "./ui/hint.ts";

/** What one part of the checks found. */
export interface Preflight {
  readonly checks: readonly HealthCheck[];
  /** Of the first that failed; 0 when none has. */
  readonly exitCode: ExitCode;
  readonly clock?: ClockReading | undefined;
}

/** Access, rights, snapshot classes and the guard; a cluster that is not there is a finding like others. */
export async function preflightCluster(given: ClusterChoice, app: App): Promise<Preflight> {
  try {
    const cluster = await openClusterFor(given, app);
    try {
      return await lookAtCluster(cluster, given, app);
    } finally {
      cluster.close();
    }
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { checks: [failed("cluster", error)], exitCode: exitCodeOf(error, app.signal) };
  }
}

async function lookAtCluster(cluster: Cluster, given: ClusterChoice, app: App): Promise<Preflight> {
  const [{ checkCluster }, { checkSnapshotClasses }, { askClock }] = await Promise.all([
    import("#core/check/check-cluster.ts"),
    import("#core/check/check-snapshot-classes.ts"),
    import("#core/guard/check-clocks.ts"),
  ]);
  const { signal } = app;
  const access = await checkCluster(cluster, signal);
  const discovery = await cluster.discover(signal);
  const clock = await askClock("the API server", () => cluster.serverTime(signal), app.now);
  const [rights, classes, guard] = await Promise.all([
    lookAtRights(cluster, given.namespace, runContextOf(app)),
    checkSnapshotClasses(cluster, discovery, signal),
    lookAtGuard(cluster, new Date(app.now().getTime() + clock.aheadMs), signal),
  ]);
  const checks = [access, ...rights.checks, classes, ...guard];
  return { checks, exitCode: rights.exitCode || (guard.some(hasFailed) ? 3 : 0), clock };
}

async function lookAtRights(
  cluster: Cluster,
  namespace: string | undefined,
  context: RunContext,
): Promise<Preflight> {
  const [{ planBackup }, { checkReadRights, checkWriteRights }, { selection }] = await Promise.all([
    import("#core/backup/plan-backup.ts"),
    import("#core/check/check-access.ts"),
    import("#core/model/selection.ts"),
  ]);
  const catalog = { list: async () => [], open: () => Promise.reject(new Error("no backup is asked for")) };
  const wanted = selection.parse({ includeNamespaces: namespace === undefined ? [] : [namespace] });
  try {
    const { plan } = await planBackup({ cluster, catalog, selection: wanted }, context);
    const asking = { cluster, signal: context.signal };
    const checks = [await checkReadRights(plan, asking), await checkWriteRights(plan, asking)];
    return { checks, exitCode: checks.some(hasFailed) ? 6 : 0 };
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { checks: [failed("right to back up", error)], exitCode: exitCodeOf(error, context.signal) };
  }
}

async function lookAtGuard(
  cluster: Cluster,
  now: Date,
  signal: AbortSignal,
): Promise<readonly HealthCheck[]> {
  const [{ checkHealth }, { shippedConfiguration }, { manifestFiles }] = await Promise.all([
    import("#core/guard/check-health.ts"),
    import("#core/guard/render-guard.ts"),
    import("#core/guard/manifest-files.ts"),
  ]);
  const shipped = shippedConfiguration(await manifestFiles());
  const { isInstalled, checks } = await checkHealth({ cluster, shipped, now, signal });
  const [first] = checks;
  // Whoever may look at nothing of it need not be told so four times.
  if (first !== undefined && checks.every(({ state }) => state === "unknown")) {
    return [{ ...first, check: "guard", detail: `whether there is one cannot be told: ${first.detail}` }];
  }
  if (isInstalled) return checks.map((one) => ({ ...one, check: `guard: ${one.check}` }));
  // It is no fault to have none.
  return checks.map((one) => ({ ...one, state: "ok", help: [] }));
}

/** Lists, writes, reads back, deletes. */
export async function preflightLocation({ location }: NamedLocation, app: App): Promise<Preflight> {
  const [{ openStore }, { checkStore }, { readStoreTime }, { askClock }] = await Promise.all([
    import("#core/storage/open-store.ts"),
    import("#core/storage/check-store.ts"),
    import("#core/catalog/store-time.ts"),
    import("#core/guard/check-clocks.ts"),
  ]);
  const { signal, now } = app;
  const { store, warnings, whereToMake } = await openStore(location);
  for (const warning of warnings) app.stderr.write(`warning: ${warning}\n`);
  try {
    const steps = await checkStore(store, { readOnly: location.readOnly, whereToMake, now, signal });
    const failure = steps.find((step) => step.failure !== undefined)?.failure;
    const isThere = failure === undefined && whereToMake === undefined;
    return {
      checks: [
        { check: "location", state: "ok", detail: location.url, help: [] },
        ...steps.map(({ step, detail, failure: trouble }) =>
          trouble === undefined
            ? ({ check: `location: ${step}`, state: "ok", detail, help: [] } as const)
            : {
                ...failed(`location: ${step}`, trouble),
                help: [afterLocationCheck(trouble)].filter((hint) => hint !== ""),
              },
        ),
      ],
      exitCode: failure === undefined ? 0 : exitCodeOf(failure, signal),
      clock: isThere ? await askClock("the location", () => readStoreTime(store, signal), now) : undefined,
    };
  } finally {
    store.close();
  }
}

function failed(check: string, { message, hint }: Failure): HealthCheck {
  return { check, state: "failed", detail: message, help: hint === "" ? [] : [hint] };
}

function hasFailed({ state }: HealthCheck): boolean {
  return state === "failed";
}
