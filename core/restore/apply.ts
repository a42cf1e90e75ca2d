import type { StoredItem } from "#core/catalog/catalog.ts";
import { createAdaptiveLimit } from "#core/flow/adaptive-limit.ts";
import { forEachLimited } from "#core/flow/for-each-limited.ts";
import { groupResource } from "#core/model/item.ts";
import { applyItems } from "./apply-items.ts";
import { createBareNamespaces } from "./bare-namespaces.ts";
import { awaitDefinitions } from "./definitions.ts";
import { finishWave, linkKnownOwners } from "./finish.ts";
import { LANES, type Lane, type LaneName, laneOf } from "./order.ts";
import type { RestoreRun } from "./restore-run.ts";
import { endTier } from "./run-wait.ts";
import type { SelectedKind } from "./select.ts";

/** Kinds of one lane that are read and created side by side. */
const KINDS_AT_ONCE = 4;

/** What is created in one pass through the lanes. */
interface Pass {
  readonly kinds: readonly SelectedKind[];
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** One wave after the other, and between two tiers whatever time the first of them needs. */
export async function applyPlan(run: RestoreRun): Promise<void> {
  const { waves } = run.prepared;
  for (const [index, { tier, kinds }] of waves.entries()) {
    const next = waves[index + 1];
    await runLanes(run, { kinds, isFirst: index === 0, isLast: next === undefined });
    if (next !== undefined && next.tier !== tier) await endTier(run, tier);
  }
}

/** Runs all lanes, each as soon as those it waits for have ended; the first error stops them all. */
async function runLanes(run: RestoreRun, pass: Pass): Promise<void> {
  const ended = new Map<LaneName, Promise<void>>();
  const lanes = LANES.map((lane) => {
    const before = Promise.all(lane.after.map((name) => ended.get(name)));
    const end = before.then(() => runLane(lane, run, pass));
    ended.set(lane.name, end);
    return end.catch(run.stop);
  });
  await Promise.all(lanes);
  run.signal.throwIfAborted();
}

async function runLane(lane: Lane, run: RestoreRun, pass: Pass): Promise<void> {
  const limited = lane.inFlight === undefined ? run : { ...run, limit: fixedLimit(lane.inFlight) };
  if (lane.name === "namespaces" && pass.isFirst) await createBareNamespaces(run);
  if (lane.name === "children")
    await Promise.all([applyChildren(limited, pass.isLast), linkKnownOwners(run)]);
  if (lane.name === "gates") await finishWave(run, pass.isLast);
  const kinds = pass.kinds.filter(({ kind }) => laneOf(kind) === lane.name);
  const options = { concurrency: KINDS_AT_ONCE, signal: run.signal };
  await forEachLimited(kinds, options, async (selected) => {
    await applyItems(limited, { ...selected, batches: selected.batches(), isLate: false });
  });
  if (lane.name === "definitions") await awaitDefinitions(run);
}

function fixedLimit(inFlight: number) {
  return createAdaptiveLimit({ start: inFlight, least: 1, most: inFlight });
}

/** Those whose owners are known first; what they own may follow then. The owners of others may come in a later wave. */
async function applyChildren(run: RestoreRun, isLast: boolean): Promise<void> {
  let waiting: readonly StoredItem[] = run.late.splice(0);
  while (waiting.length > 0) {
    const { ready = [], early = [] } = Object.groupBy(waiting, (item) =>
      ownersKnown(run, item) ? "ready" : "early",
    );
    if (ready.length === 0 && !isLast) {
      run.late.push(...early);
      return;
    }
    // Owners that failed, or that own each other, will never be known: their children are created without them.
    await applyChildrenNow(run, ready.length > 0 ? ready : early);
    waiting = ready.length > 0 ? early : [];
  }
}

function ownersKnown(run: RestoreRun, item: StoredItem): boolean {
  return item.ownerUids.every(
    (uid) => run.prepared.facts.rules.owners.get(uid) === undefined || run.owners.newUid(uid) !== undefined,
  );
}

async function applyChildrenNow(run: RestoreRun, items: readonly StoredItem[]): Promise<void> {
  const byKind = Map.groupBy(items, groupResource);
  await forEachLimited(byKind.values(), { concurrency: KINDS_AT_ONCE, signal: run.signal }, async (group) => {
    const [first] = group;
    if (first !== undefined)
      await applyItems(run, { kind: first, pulledIn: false, batches: once(group), isLate: true });
  });
}

async function* once(items: readonly StoredItem[]): AsyncGenerator<readonly StoredItem[]> {
  yield items;
}
