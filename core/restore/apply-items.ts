import type { ReadItem, StoredItem } from "#core/catalog/catalog.ts";
import { groupResource, type ItemKind } from "#core/model/item.ts";
import type { ItemOutcome } from "#core/model/restore.ts";
import { type Decision, decideItem, REACHES_OUTSIDE } from "./decide.ts";
import { isThere } from "./existing.ts";
import { type LiveState, readLiveDigests } from "./live-digests.ts";
import { noteLostClaim, withoutLostClaims } from "./lost-claims.ts";
import { canComeLate } from "./order.ts";
import { withheldReach } from "./outside/reaches.ts";
import { isToCome } from "./owners.ts";
import { isAwaitedKind } from "./readiness.ts";
import type { RestoreRun } from "./restore-run.ts";
import { isNamespace } from "./select.ts";
import { LEFT_ALONE } from "./settle-existing.ts";
import { type ItemEnd, writeItem } from "./write-item.ts";
import { failed } from "./write-replies.ts";

export interface ItemsToApply {
  readonly kind: ItemKind;
  /** Nobody selected them: those that exist are left alone, whatever the policy. */
  readonly pulledIn: boolean;
  readonly batches: AsyncIterable<readonly StoredItem[]>;
  /** Items that waited for their owners wait no more. */
  readonly isLate: boolean;
}

/** More than this many children are created without waiting for their owners, and linked afterwards. */
const MOST_LATE = 20_000;

type Write = Extract<Decision, { do: "write" }>;
type Unwritten = Exclude<Decision, Write>;
type LiveStates = ReadonlyMap<string, LiveState>;

/** Brings the items of one kind into the cluster, as many at once as the limit allows. */
export async function applyItems(run: RestoreRun, items: ItemsToApply): Promise<void> {
  const running = new Set<Promise<void>>();
  let states: LiveStates | undefined;
  try {
    for await (const batch of items.batches) {
      const writes = sortOut(run, batch, items);
      if (states === undefined && hasLive(writes)) states = await readStates(run, items.kind);
      await startWrites(run, { writes, states, running });
    }
  } catch (error) {
    run.stop(error);
    throw error;
  } finally {
    await Promise.all(running);
  }
  run.signal.throwIfAborted();
}

/** Ends at once what is not written; keeps for later what is better created after its owners. */
function sortOut(
  run: RestoreRun,
  batch: readonly StoredItem[],
  { isLate, pulledIn }: ItemsToApply,
): Map<StoredItem, Write> {
  const writes = new Map<StoredItem, Write>();
  for (const item of batch) {
    const decision = withoutLostClaims(run, item, decideItem(item, run.prepared.facts));
    if (decision.do !== "write") {
      noteWithheld(run, item, decision);
      endItem(run, { item, target: undefined }, endOf(decision));
    } else if (pulledIn && isThere(decision.live) && !run.isResumed)
      endItem(run, { item, target: undefined }, { outcome: LEFT_ALONE, warnings: [] });
    else if (!isLate && comesLate(run, item, decision)) run.late.push(item);
    else writes.set(item, { ...decision, pulledIn });
  }
  return writes;
}

function noteWithheld(run: RestoreRun, item: StoredItem, { reason, message }: Unwritten): void {
  if (reason === REACHES_OUTSIDE) {
    run.reaches.add([withheldReach(item, message, run.prepared.facts.rules)]);
  }
}

function endOf({ do: verdict, reason, message }: Unwritten): ItemEnd {
  const outcome: ItemOutcome =
    verdict === "fail" ? failed(reason, message) : { result: "skipped", reason, message };
  return { outcome, warnings: [] };
}

function comesLate(run: RestoreRun, item: StoredItem, decision: Write): boolean {
  // With an owner that is deleted to be recreated, what it owns goes too, and is to be looked at afterwards.
  const stays = isThere(decision.live) && run.request.existing !== "recreate";
  if (item.ownerUids.length === 0 || stays || run.late.length >= MOST_LATE) return false;
  const { needs } = run.prepared;
  return (
    item.ownerUids.some((uid) => isToCome(run, uid)) &&
    canComeLate(item) &&
    !needs.has(`${groupResource(item)}/${item.namespace}/${item.name}`)
  );
}

function hasLive(writes: ReadonlyMap<StoredItem, Write>): boolean {
  return writes.values().some(({ live }) => isThere(live));
}

/** The live objects of a kind in the namespaces that the plan means. */
export function readStates(
  run: Pick<RestoreRun, "prepared" | "cluster" | "signal">,
  kind: ItemKind,
): Promise<LiveStates> {
  const { mapNamespace } = run.prepared.facts.rules;
  const mapped = run.prepared.plan.namespaces.map(({ from }) => mapNamespace(from));
  const namespaces = [...new Set(mapped)].filter((name) => run.prepared.liveNamespaces.has(name));
  const target = run.prepared.facts.targetKind(kind);
  const served = "kind" in target ? target.kind : kind;
  return readLiveDigests(run.cluster, { kind: served, namespaces, signal: run.signal });
}

interface Writes {
  readonly writes: ReadonlyMap<StoredItem, Write>;
  readonly states: LiveStates | undefined;
  readonly running: Set<Promise<void>>;
}

async function startWrites(run: RestoreRun, { writes, states, running }: Writes): Promise<void> {
  for await (const read of run.prepared.contents.take([...writes.keys()], run.signal)) {
    const target = writes.get(read.item);
    if (target === undefined) continue;
    const leave = await run.limit.enter(run.signal);
    const live = states?.get(`${target.namespace}/${target.name}`);
    const task: Promise<void> = writeRead(run, read, { target, live })
      .then((end) => {
        endItem(run, { item: read.item, target }, end);
        leave(isPushedBack(end) ? "pushed-back" : "well");
      })
      .catch(run.stop)
      .finally(() => {
        leave("well");
        running.delete(task);
      });
    running.add(task);
  }
}

async function writeRead(
  run: RestoreRun,
  read: ReadItem,
  { target, live }: { readonly target: Write; readonly live: LiveState | undefined },
): Promise<ItemEnd> {
  if (!read.ok) return { outcome: failed("damaged", read.message), warnings: [] };
  const end = await writeItem(run, { item: read.item, bytes: read.bytes, target, live });
  // One that is there takes objects, also where it could not be changed itself.
  const isThereAlready = run.prepared.liveNamespaces.has(target.name);
  if (isNamespace(read.item) && end.outcome.result === "failed" && !isThereAlready) {
    run.blockedNamespaces.set(target.name, `its namespace could not be restored: ${end.outcome.message}`);
  }
  return end;
}

const WRITTEN: ReadonlySet<ItemOutcome["result"]> = new Set(["created", "updated", "recreated"]);

/** What an earlier run of the restore created is waited for, too: somebody may have changed it before this run. */
function isToBeAwaited({ outcome: { result }, isOwn = false }: ItemEnd): boolean {
  return WRITTEN.has(result) || (isOwn && result !== "failed");
}

function isPushedBack({ outcome }: ItemEnd): boolean {
  return outcome.result === "failed" && outcome.reason === "too-many-requests";
}

function endItem(
  run: RestoreRun,
  { item, target }: { readonly item: StoredItem; readonly target: Write | undefined },
  end: ItemEnd,
): void {
  const { mapNamespace } = run.prepared.facts.rules;
  const namespace = target?.namespace ?? (item.namespaced ? mapNamespace(item.namespace) : "");
  const name = target?.name ?? item.name;
  run.results.add(item, { namespace, name, ...end });
  noteLostClaim(run, item, end.outcome);
  run.onProgress({ type: "phase-advanced", phase: "restore", done: run.results.done });
  if (target === undefined || !isToBeAwaited(end) || !isAwaitedKind(item)) return;
  const key = groupResource(item);
  const awaited = run.finish.awaited.get(key) ?? { kind: target.kind, keys: new Set<string>() };
  run.finish.awaited.set(key, awaited);
  awaited.keys.add(`${namespace}/${name}`);
}
