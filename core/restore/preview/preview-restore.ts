import type { LackingRight } from "#core/kube/check-rights.ts";
import { type ItemKind, kindOf } from "#core/model/item.ts";
import { REACHES_OUTSIDE } from "#core/restore/decide.ts";
import { hooksOf, type PlannedHook } from "#core/restore/hooks/planned-hooks.ts";
import { type Mention, MentionBook } from "#core/restore/mapping/old-mentions.ts";
import { type Reach, ReachBook, reachesOf, withheldReach } from "#core/restore/outside/reaches.ts";
import type { Prepared } from "#core/restore/prepare.ts";
import type { RuleFacts } from "#core/restore/rule.ts";
import type { SelectedKind } from "#core/restore/select.ts";
import { targetName } from "#core/restore/target-name.ts";
import type { ServerAnswers } from "./ask-server.ts";
import type { ExceededQuota } from "./check-quota.ts";
import { Foresight } from "./foresight.ts";
import { ACTIONS, type Action, type PreviewAsk, type Previewed, previewKind } from "./preview-kind.ts";
import type { ShownChange } from "./shown-changes.ts";
import type { UncheckableObjects } from "./uncheckable.ts";

export type ActionCounts = Readonly<Record<Action, number>>;

export interface PreviewedKind extends ItemKind {
  readonly pulledIn: boolean;
  readonly counts: ActionCounts;
  /** How many are skipped, held back or cannot be restored, by reason. */
  readonly reasons: Readonly<Record<string, number>>;
}

export interface PreviewedObject {
  readonly action: Exclude<Action, "unchanged">;
  readonly group: string;
  readonly resource: string;
  /** In the target. */
  readonly namespace: string;
  readonly name: string;
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly changes?: readonly ShownChange[] | undefined;
}

/** What a dry run knows beyond the plan: it has read every object that is meant, and written nothing. */
export interface Preview {
  readonly counts: ActionCounts;
  readonly kinds: readonly PreviewedKind[];
  /** The first thousand of each action. */
  readonly objects: readonly PreviewedObject[];
  /** The first thousand. */
  readonly reaches: readonly Reach[];
  readonly mentions: readonly Mention[];
  /** Restore hooks of what would be created. */
  readonly hooks: readonly PlannedHook[];
  /** What the caller may not do of it. */
  readonly rights: readonly LackingRight[];
  readonly quota: readonly ExceededQuota[];
  readonly uncheckable: readonly UncheckableObjects[];
  /** Absent: it was not asked. */
  readonly server?: ServerAnswers | undefined;
  readonly warnings: readonly string[];
}

/** Single objects of an action beyond this many are only counted. */
const SHOWN = 1_000;

/** Puts every item through its rules and compares those that are there. */
export async function previewRestore(ask: PreviewAsk): Promise<Preview> {
  const shown = new ShownObjects(ask.prepared.facts.rules);
  const reaches = new ReachBook();
  const mentions = new MentionBook(ask.request);
  const outcome = new Foresight(ask);
  const hooks: PlannedHook[] = [];
  const kinds: PreviewedKind[] = [];
  for (const selected of ask.prepared.kinds) {
    const count = new KindCount(selected);
    for await (const previewed of previewKind(ask, selected)) {
      count.add(previewed);
      shown.add(previewed);
      reaches.add(reachesOfPreviewed(ask.prepared, previewed));
      if (previewed.wished !== undefined) mentions.note(previewed.wished);
      const planned = hooksOfPreviewed(previewed, ask.request);
      hooks.push(...planned);
      await outcome.add(previewed, planned);
    }
    kinds.push(count.sum());
  }
  return {
    counts: sumCounts(kinds),
    kinds,
    objects: shown.objects,
    reaches: reaches.reaches,
    mentions: mentions.mentions,
    hooks,
    ...(await outcome.end()),
  };
}

/** Of what is there and stays, none runs. */
function hooksOfPreviewed(
  { verdict: { action }, wished }: Previewed,
  request: PreviewAsk["request"],
): readonly PlannedHook[] {
  const isMade = action === "create" || action === "recreate";
  if (wished === undefined || !isMade || request.undo !== undefined) return [];
  const { target, object, intended, original } = wished;
  return hooksOf({ ...target, object, intended, original }, request);
}

function reachesOfPreviewed({ facts, hosts }: Prepared, { item, verdict, wished }: Previewed) {
  const { rules } = facts;
  if (wished !== undefined) return reachesOf(wished, { rules, hosts });
  const { reason, message = "" } = verdict;
  return reason === REACHES_OUTSIDE ? [withheldReach(item, message, rules)] : [];
}

class KindCount {
  readonly #selected: SelectedKind;
  readonly #counts = noCounts();
  readonly #reasons = new Map<string, number>();

  constructor(selected: SelectedKind) {
    this.#selected = selected;
  }

  add({ verdict: { action, reason } }: Previewed): void {
    this.#counts[action] += 1;
    if (reason !== undefined) this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
  }

  sum(): PreviewedKind {
    const { kind, pulledIn } = this.#selected;
    return { ...kindOf(kind), pulledIn, counts: this.#counts, reasons: Object.fromEntries(this.#reasons) };
  }
}

class ShownObjects {
  readonly objects: PreviewedObject[] = [];
  readonly #counts = noCounts();
  readonly #rules: RuleFacts;

  constructor(rules: RuleFacts) {
    this.#rules = rules;
  }

  add({ item, verdict }: Previewed): void {
    const { action, reason, message, changes } = verdict;
    if (action === "unchanged" || this.#counts[action] === SHOWN) return;
    this.#counts[action] += 1;
    this.objects.push({
      action,
      group: item.group,
      resource: item.resource,
      namespace: item.namespaced ? this.#rules.mapNamespace(item.namespace) : "",
      name: targetName(item, this.#rules),
      ...(reason !== undefined && { reason, message }),
      ...(changes !== undefined && { changes }),
    });
  }
}

function noCounts(): Record<Action, number> {
  return { create: 0, update: 0, recreate: 0, unchanged: 0, skip: 0, hold: 0, fail: 0 };
}

function sumCounts(kinds: readonly PreviewedKind[]): ActionCounts {
  const sum = noCounts();
  for (const { counts } of kinds) for (const action of ACTIONS) sum[action] += counts[action];
  return sum;
}
