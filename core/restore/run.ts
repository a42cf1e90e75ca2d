/**
 * restore: a backup's objects → a cluster. plan → check → lanes → later steps → readiness → report. Its one rule: what
 * will happen is a value before anything happens, and each item ends as exactly one outcome. It must not know terminals,
 * keys in buckets, or how requests are sent. What a kind needs lies in rules/, one small pure file each.
 */
import { randomUUID } from "node:crypto";
import type { Catalog, OpenBackup, RestoreWriter } from "#core/catalog/catalog.ts";
import { createAdaptiveLimit } from "#core/flow/adaptive-limit.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import { describeError, Failure } from "#core/model/errors.ts";
import type { RestoreRequest } from "#core/model/restore.ts";
import type { RunContext } from "#core/model/run-context.ts";
import { applyPlan } from "./apply.ts";
import { BeforeImages } from "./before-images.ts";
import { checkContents } from "./check-contents.ts";
import { finishObjects } from "./finish.ts";
import { openFinishBook } from "./finish-book.ts";
import { heldCluster } from "./held-cluster.ts";
import { HookBook } from "./hooks/hook-book.ts";
import { Journal } from "./journal.ts";
import { storeLastWords } from "./last-words.ts";
import { MentionBook } from "./mapping/old-mentions.ts";
import { ReachBook } from "./outside/reaches.ts";
import { openOwnerBook } from "./owners.ts";
import { type Prepared, prepareRestore } from "./prepare.ts";
import { rebindVolumes } from "./rebind-volumes.ts";
import { earlierHooksOf, makeRecord, openRecord, type ResumedRestore } from "./record.ts";
import { refuseExisting } from "./refuse-existing.ts";
import { makeReport, type RestoreReport } from "./report.ts";
import { restoreMark } from "./restore-mark.ts";
import type { RestoreRun } from "./restore-run.ts";
import { Results } from "./results.ts";
import { waitAtEnd } from "./run-wait.ts";
import { Stopwatch } from "./stopwatch.ts";
import { storeReport } from "./store-report.ts";
import type { Undo } from "./undo/open-undo.ts";
import { removeCreated } from "./undo/remove-created.ts";
import type { WaitEnd } from "./wait.ts";
import { withdrawIdle } from "./withdraw-idle.ts";

export interface RestoreAsk {
  readonly cluster: Cluster;
  readonly catalog: Pick<Catalog, "url" | "journal" | "writeRestoreFile" | "beginRestore" | "resumeRestore">;
  readonly backup: OpenBackup;
  readonly request: RestoreRequest;
  /** What is taken back, where this is no restore of a backup. */
  readonly undo?: Undo | undefined;
  /** Where reports go that the location cannot take. */
  readonly stateDirectory: string;
  /** A restore of the request's name that broke off: it is gone on with. */
  readonly resumed?: ResumedRestore | undefined;
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
  if (ask.request.existing === "fail" && ask.resumed === undefined) await refuseExisting(prepared);
  const id = ask.resumed?.id ?? randomUUID();
  const [entry] = await Promise.all([
    makeRecord(prepared, { ask, id }, context),
    watch.time("check", () => checkContents(prepared, context.signal)),
  ]);
  const record = await openRecord(entry, ask, context);
  try {
    return await writeAndReport(
      startRun(prepared, { ask, id, record }, context),
      { ask, watch, startedAt },
      context,
    );
  } finally {
    await record?.close();
  }
}

interface Begun {
  readonly ask: RestoreAsk;
  readonly watch: Stopwatch;
  readonly startedAt: Date;
}

async function writeAndReport(
  run: RestoreRun,
  { ask, watch, startedAt }: Begun,
  context: RunContext,
): Promise<RestoreReport> {
  const total = run.prepared.kinds.reduce((sum, { count }) => sum + count, 0);
  context.onProgress({ type: "phase-started", phase: "restore", total });
  const at = () => context.now().toISOString();
  run.journal.add({ type: "run", at: at(), resumed: ask.resumed !== undefined, total });
  const factsNow = () => ({ run, startedAt, finishedAt: context.now(), seconds: watch.seconds });
  const waited = await writeAll(run, watch, context).catch(async (error: unknown) => {
    const cause = context.signal.aborted ? interrupted(error) : error;
    run.journal.add({ type: "broke-off", at: at(), why: describeError(cause) });
    await run.journal.close();
    if (!(await withdrawIdle(run, LAST_WORDS_MS)))
      await storeLastWords({ facts: factsNow(), ask, cause, withinMs: LAST_WORDS_MS }, context);
    throw cause;
  });
  const draft = makeReport({ ...factsNow(), waited });
  run.journal.add({ type: "ended", at: at(), complete: draft.complete });
  await run.journal.close();
  return storeReport(draft, { ask, run }, context);
}

/** Enough for five small files, and short for somebody who has pressed Ctrl-C. */
const LAST_WORDS_MS = 5_000;

async function writeAll(run: RestoreRun, watch: Stopwatch, context: RunContext): Promise<WaitEnd> {
  const phase = <T>(name: string, work: () => Promise<T>): Promise<T> => {
    run.journal.add({ type: "phase", at: context.now().toISOString(), phase: name });
    return watch.time(name, work);
  };
  await phase("create", async () => {
    await rebindVolumes(run);
    await applyPlan(run);
  });
  await phase("finish", () => finishObjects(run));
  await phase("remove", () => removeCreated(run));
  context.onProgress({ type: "phase-ended", phase: "restore", done: run.results.done });
  return phase("wait", () => waitAtEnd(run));
}

function interrupted(cause: unknown): Failure {
  return new Failure("interrupted", "interrupted: what had been restored by then stays in the cluster", {
    cause,
  });
}

interface Start {
  readonly ask: RestoreAsk;
  readonly id: string;
  readonly record: RestoreWriter | undefined;
}

function startRun(prepared: Prepared, { ask, id, record }: Start, context: RunContext): RestoreRun {
  const { cluster, request } = ask;
  const stopped = new AbortController();
  const signal = AbortSignal.any([context.signal, stopped.signal]);
  const journal = new Journal(record, (message) => context.onProgress({ type: "warned", message }));
  let writes = 0;
  const onWrite = () => {
    writes += 1;
  };
  return {
    id,
    record,
    journal,
    before: new BeforeImages(record, signal, (error) => stopped.abort(error)),
    isResumed: ask.resumed !== undefined,
    cluster: heldCluster(cluster, { record, stop: (error) => stopped.abort(error), onWrite }),
    hasWritten: () => writes > 0,
    request,
    prepared,
    // Of what may be recreated nobody knows yet which uid it will have.
    owners: openOwnerBook(
      prepared.ownerUids,
      request.existing === "recreate" ? new Map() : prepared.liveOwners,
    ),
    results: new Results((resultJson) => journal.addItem(resultJson)),
    finish: openFinishBook(prepared.undo?.gaps),
    reaches: new ReachBook(),
    mentions: new MentionBook(request),
    hooks: new HookBook(request),
    earlierHooks: once(() => earlierHooksOf(ask, context)),
    limit: createAdaptiveLimit({ start: 16, least: 4, most: 64 }),
    late: [],
    lostClaims: [],
    blockedNamespaces: new Map(),
    mark: restoreMark(prepared.plan.backup, request.name),
    definitionsReadyBy: { at: 0 },
    signal,
    stop: (error) => stopped.abort(error),
    now: context.now,
    onProgress: context.onProgress,
  };
}

function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
