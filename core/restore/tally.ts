import type { StoredItem } from "#core/catalog/catalog.ts";
import { groupResource, type ItemKind, kindOf } from "#core/model/item.ts";
import { type Decision, type DecisionFacts, decideItem } from "./decide.ts";
import { isThere } from "./existing.ts";
import {
  addCounts,
  type HeldItem,
  type MissingKind,
  NO_COUNTS,
  type PlanCounts,
  type PlannedKind,
} from "./plan.ts";
import type { OwnerFate } from "./rule.ts";
import { ruleFor } from "./rules.ts";
import type { SelectedKind } from "./select.ts";
import { type Need, needKey } from "./survey.ts";

export interface Tally {
  readonly kinds: readonly PlannedKind[];
  readonly counts: PlanCounts;
  readonly held: readonly HeldItem[];
  readonly missing: readonly MissingKind[];
  /** Owners that exist: uid in the backup → uid in the target. */
  readonly liveOwners: ReadonlyMap<string, string>;
}

export interface TallyRequest {
  readonly ownerUids: ReadonlySet<string>;
  /** Filled on the way: the facts hold the same map, and children are decided after their owners. */
  readonly owners: Map<string, OwnerFate>;
  /** What is found to be restored is taken out. */
  readonly unmet: Map<string, Need>;
}

/** Decides every item once and counts; keeps single items only where something is wrong with them. */
export async function tallyPlan(
  kinds: readonly SelectedKind[],
  facts: DecisionFacts,
  request: TallyRequest,
): Promise<Tally> {
  const held: HeldItem[] = [];
  const liveOwners = new Map<string, string>();
  const tallies: KindTally[] = [];
  for (const selected of ownersFirst(kinds)) {
    const tally = newKindTally(selected);
    tallies.push(tally);
    const isReferredTo = request.unmet
      .values()
      .some(({ reference }) => reference.groupResource === groupResource(selected.kind));
    const note = (item: StoredItem): void => {
      if (isReferredTo) request.unmet.delete(needKey({ groupResource: groupResource(item), ...item }));
      const decision = decideItem(item, facts);
      countDecision(tally, decision);
      if (decision.do === "hold") held.push(heldItem(item, decision.message));
      if (request.ownerUids.has(item.uid)) noteOwner(item, decision, { liveOwners, ...request });
    };
    for await (const batch of selected.batches()) batch.forEach(note);
  }
  return {
    kinds: tallies.map(plannedKind),
    counts: tallies.map(({ counts }) => counts).reduce<PlanCounts>(addCounts, NO_COUNTS),
    held: claimsFirst(held),
    missing: tallies.flatMap(missingKind),
    liveOwners,
  };
}

function noteOwner(
  item: StoredItem,
  decision: Decision,
  {
    owners,
    liveOwners,
  }: { readonly owners: Map<string, OwnerFate>; readonly liveOwners: Map<string, string> },
): void {
  owners.set(item.uid, fateOf(decision));
  if (decision.do === "write" && isThere(decision.live)) liveOwners.set(item.uid, decision.live.uid);
}

function plannedKind({ selected, counts, skipped }: KindTally): PlannedKind {
  const { kind, pulledIn } = selected;
  return { ...kindOf(kind), ...counts, pulledIn, skipped: Object.fromEntries(skipped) };
}

function missingKind({ selected, counts, failure }: KindTally): readonly MissingKind[] {
  return failure === undefined ? [] : [{ ...kindOf(selected.kind), ...failure, count: counts.fail }];
}

function ownersFirst(kinds: readonly SelectedKind[]): readonly SelectedKind[] {
  return kinds.toSorted((left, right) => descent(left.kind) - descent(right.kind));
}

function descent(kind: ItemKind): number {
  return ruleFor(kind).descent ?? 0;
}

function claimsFirst(held: readonly HeldItem[]): readonly HeldItem[] {
  const rank = (item: HeldItem) => (groupResource(item) === "persistentvolumeclaims" ? 0 : 1);
  return held.toSorted((left, right) => rank(left) - rank(right));
}

interface KindTally {
  readonly selected: SelectedKind;
  counts: PlanCounts;
  readonly skipped: Map<string, number>;
  failure: { readonly reason: string; readonly message: string } | undefined;
}

function newKindTally(selected: SelectedKind): KindTally {
  return { selected, counts: NO_COUNTS, skipped: new Map(), failure: undefined };
}

function countDecision(tally: KindTally, decision: Decision): void {
  tally.counts = addCounts(tally.counts, { ...NO_COUNTS, [countKey(decision)]: 1 });
  if (decision.do === "skip")
    tally.skipped.set(decision.reason, (tally.skipped.get(decision.reason) ?? 0) + 1);
  if (decision.do === "fail") tally.failure = { reason: decision.reason, message: decision.message };
}

function countKey(decision: Decision): keyof PlanCounts {
  if (decision.do !== "write") return decision.do;
  return isThere(decision.live) ? "exists" : "create";
}

function fateOf(decision: Decision): OwnerFate {
  if (decision.do !== "write") return "left-out";
  return isThere(decision.live) && decision.live.isOwn !== true ? "exists" : "created";
}

function heldItem(item: StoredItem, message: string): HeldItem {
  return { ...kindOf(item), namespace: item.namespace, name: item.name, message };
}
