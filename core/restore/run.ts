/**
 * restore: a backup's objects → a cluster. plan → check → lanes → later steps → readiness → report. Its one rule: what
 * will happen is a value before anything happens, and each item ends as exactly one outcome. It must not know terminals,
 * keys in buckets, or how requests are sent. What a kind needs lies in rules/, one small pure file each.
 */
import type { Catalog, OpenBackup } from "#core/catalog/catalog.ts";
import { createAdaptiveLimit } from "#core/flow/adaptive-limit.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import { describeError, Failure, isFailure } from "#core/model/errors.ts";
import type { RestoreRequest } from "#core/model/restore.ts";
import type { RunContext } from "#core/model/run-context.ts";
import { applyPlan } from "./apply.ts";
import { checkContents } from "./check-contents.ts";
import { finishObjects } from "./finish.ts";
import { openFinishBook } from "./finish-book.ts";
import { storeLastWords } from "./last-words.ts";
import { openOwnerBook } from "./owners.ts";
import { type Prepared, prepareRestore } from "./prepare.ts";
import { rebindVolumes } from "./rebind-volumes.ts";
import { refuseExisting } from "./refuse-existing.ts";
import { makeReport, type RestoreReport } from "./report.ts";
import type { RestoreRun } from "./restore-run.ts";
import { Results } from "./results.ts";
import { Stopwatch } from "./stopwatch.ts";
import { storeReport } from "./store-report.ts";
import { type WaitEnd, waitForReadiness } from "./wait.ts";

export interface RestoreAsk {
  readonly cluster: Cluster;
  readonly catalog: Pick<Catalog, "url" | "writeRestoreFile">;
  readonly backup: OpenBackup;
  readonly request: RestoreRequest;
  /** Where reports go that the location cannot take. */
  readonly stateDirectory: string;
}

/** Plans and carries out at once; who wants to show or confirm the plan calls the two steps. */
export async function runRestore(ask: RestoreAsk, context: RunContext): Promise<RestoreReport> {
  return carryOutRestore(await prepareRestore(ask, context), ask, context);
}

/** Everything after the plan. A backup found damaged throws before the first write; items that fail are data. */
export async function carryOutRestore(
  prepared: Prepared,
  ask: RestoreAsk,
  context: RunContext,
): Promise<RestoreReport> {
  const watch = new Stopwatch();
  const startedAt = context.now();
  if (ask.request.existing === "fail") await refuseExisting(prepared);
  await watch.time("check", () => checkContents(prepared, context.signal));
  const run = startRun(prepared, ask, context);
  const total = prepared.kinds.reduce((sum, { count }) => sum + count, 0);
  context.onProgress({ type: "phase-started", phase: "restore", total });
  const factsNow = () => ({ run, startedAt, finishedAt: context.now(), seconds: watch.seconds });
  const waited = await writeAll(run, watch, context).catch(async (error: unknown) => {
    const cause = context.signal.aborted ? interrupted(error) : error;
    await storeLastWords({ facts: factsNow(), ask, cause, withinMs: LAST_WORDS_MS }, context);
    throw cause;
  });
  return storeReport(makeReport({ ...factsNow(), waited }), { ask, run }, context);
}

/** Enough for five small files, and short for somebody who has pressed Ctrl-C. */
const LAST_WORDS_MS = 5_000;

async function writeAll(run: RestoreRun, watch: Stopwatch, context: RunContext): Promise<WaitEnd> {
  await watch.time("create", async () => {
    await rebindVolumes(run);
    await applyPlan(run);
  });
  await watch.time("finish", () => finishObjects(run));
  context.onProgress({ type: "phase-ended", phase: "restore", done: run.results.done });
  return watch.time("wait", () => waitIfAsked(run, context));
}

function interrupted(cause: unknown): Failure {
  return new Failure("interrupted", "interrupted: what had been restored by then stays in the cluster", {
    cause,
  });
}

function startRun(prepared: Prepared, { cluster, request }: RestoreAsk, context: RunContext): RestoreRun {
  const stopped = new AbortController();
  return {
    cluster,
    request,
    prepared,
    // Of what may be recreated nobody knows yet which uid it will have.
    owners: openOwnerBook(
      prepared.ownerUids,
      request.existing === "recreate" ? new Map() : prepared.liveOwners,
    ),
    results: new Results(),
    finish: openFinishBook(),
    limit: createAdaptiveLimit({ start: 16, least: 4, most: 64 }),
    late: [],
    lostClaims: [],
    blockedNamespaces: new Map(),
    mark: `${prepared.plan.backup}/${request.name}`,
    definitionsReadyBy: { at: 0 },
    signal: AbortSignal.any([context.signal, stopped.signal]),
    stop: (error) => stopped.abort(error),
    onProgress: context.onProgress,
  };
}

/** All is written by now: a readiness that cannot be watched is trouble for the report, not instead of it. */
async function waitIfAsked(run: RestoreRun, { signal, onProgress }: RunContext): Promise<WaitEnd> {
  if (!run.request.wait) return { notWaited: "not asked to wait", unready: [] };
  try {
    return await waitForReadiness(run.cluster, {
      awaited: [...run.finish.awaited.values()],
      timeoutSeconds: run.request.timeoutSeconds,
      signal,
      onProgress,
    });
  } catch (error) {
    if (signal.aborted || !isFailure(error)) throw error;
    const notWaited = `readiness could not be watched: ${describeError(error)}`;
    run.finish.troubles.push(notWaited);
    return { notWaited, unready: [] };
  }
}
