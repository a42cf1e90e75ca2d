import type { ReadItem, StoredItem } from "#core/catalog/catalog.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import { describeError } from "#core/model/errors.ts";
import type { RestoreRequest } from "#core/model/restore.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { readStates } from "#core/restore/apply-items.ts";
import { contentDigest } from "#core/restore/content-digest.ts";
import { type Decision, decideItem } from "#core/restore/decide.ts";
import { isThere } from "#core/restore/existing.ts";
import { intendedOf } from "#core/restore/intended.ts";
import type { LiveState } from "#core/restore/live-digests.ts";
import type { Prepared } from "#core/restore/prepare.ts";
import type { LaterStep } from "#core/restore/rule.ts";
import type { SelectedKind } from "#core/restore/select.ts";
import { LEFT_ALONE } from "#core/restore/settle-existing.ts";
import { transformItem } from "#core/restore/transform.ts";
import { previewDiffering } from "./preview-differing.ts";
import type { ShownChange } from "./shown-changes.ts";

/** What a restore would do with an item. */
export const ACTIONS = ["create", "update", "recreate", "unchanged", "skip", "hold", "fail"] as const;
export type Action = (typeof ACTIONS)[number];

export interface Verdict {
  readonly action: Action;
  /** Of what is skipped, held back or cannot be restored. */
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  /** Of an update or a recreation: every field that would change. */
  readonly changes?: readonly ShownChange[] | undefined;
}

/** One item after its rules, as it would be written. */
export interface Wished {
  readonly item: StoredItem;
  readonly target: Extract<Decision, { do: "write" }>;
  readonly original: ExactObject;
  readonly object: ExactObject;
  /** With its later steps done. */
  readonly intended: ExactObject;
  readonly later: readonly LaterStep[];
  /** Of an object that is there: how it would be changed. Absent: it is created. */
  readonly change?: { readonly how: "patch" | "replace"; readonly body: ExactObject } | undefined;
}

export interface Previewed {
  readonly item: StoredItem;
  readonly verdict: Verdict;
  /** Of what would be created or updated. */
  readonly wished?: Wished | undefined;
}

export interface PreviewAsk {
  readonly prepared: Prepared;
  readonly cluster: Cluster;
  readonly request: RestoreRequest;
  /** Ask the server too, by dry runs. */
  readonly askServer: boolean;
  readonly signal: AbortSignal;
}

/** So many that differ are kept until their live objects are read together. */
const DIFFERING_AT_ONCE = 5_000;

/** What would become of each item of a kind, by its rules and the policy: the same questions as when it is written. */
export async function* previewKind(ask: PreviewAsk, selected: SelectedKind): AsyncGenerator<Previewed> {
  let states: ReadonlyMap<string, LiveState> | undefined;
  let differing: Wished[] = [];
  for await (const batch of selected.batches()) {
    const { ended, writes } = sortOut(ask, batch, selected);
    yield* ended;
    if (writes.values().some(({ live }) => isThere(live))) states ??= await readStates(ask, selected.kind);
    for await (const read of ask.prepared.contents.take([...writes.keys()], ask.signal)) {
      const found = previewRead(ask, read, { target: writes.get(read.item), states });
      if ("verdict" in found) yield found;
      else differing.push(found);
    }
    if (differing.length < DIFFERING_AT_ONCE) continue;
    yield* previewDiffering(ask, differing);
    differing = [];
  }
  yield* previewDiffering(ask, differing);
}

type Write = Wished["target"];

/** What the index line tells, and what has to be read. */
function sortOut(
  { prepared }: PreviewAsk,
  batch: readonly StoredItem[],
  { pulledIn }: SelectedKind,
): { readonly ended: readonly Previewed[]; readonly writes: ReadonlyMap<StoredItem, Write> } {
  const ended: Previewed[] = [];
  const writes = new Map<StoredItem, Write>();
  for (const item of batch) {
    const decision = decideItem(item, prepared.facts);
    if (decision.do !== "write") {
      const { do: action, reason, message } = decision;
      ended.push({ item, verdict: { action, reason, message } });
    } else if (pulledIn && isThere(decision.live)) ended.push({ item, verdict: LEFT_ALONE_VERDICT });
    else writes.set(item, decision);
  }
  return { ended, writes };
}

const LEFT_ALONE_VERDICT: Verdict = {
  action: "skip",
  reason: LEFT_ALONE.reason,
  message: LEFT_ALONE.message,
};

interface Known {
  readonly target: Write | undefined;
  readonly states: ReadonlyMap<string, LiveState> | undefined;
}

/** A `Wished` alone is one whose live object differs. */
function previewRead(ask: PreviewAsk, read: ReadItem, { target, states }: Known): Previewed | Wished {
  const { item } = read;
  if (!read.ok || target === undefined) {
    return failed(item, { reason: "damaged", message: read.ok ? "it was not asked for" : read.message });
  }
  try {
    const { ruling, original } = transformItem(item, read.bytes, ask.prepared.facts.rules);
    if (ruling.verdict !== "restore") {
      const { verdict: action, reason, message } = ruling;
      return { item, verdict: { action, reason, message } };
    }
    const { object, later = [] } = ruling;
    const wished = { item, target, original, object, later, intended: intendedOf(ruling) };
    const live = isThere(target.live) ? states?.get(`${target.namespace}/${target.name}`) : undefined;
    if (live === undefined) return { item, verdict: { action: "create" }, wished };
    const isSame = contentDigest(target.kind, wished.intended) === live.digest;
    return isSame ? { item, verdict: { action: "unchanged" } } : wished;
  } catch (error) {
    return failed(item, { reason: "error", message: describeError(error) });
  }
}

function failed(item: StoredItem, why: { readonly reason: string; readonly message: string }): Previewed {
  return { item, verdict: { action: "fail", ...why } };
}
