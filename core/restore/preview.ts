import type { StoredItem } from "#core/catalog/catalog.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import { type ItemKind, kindOf } from "#core/model/item.ts";
import type { RestoreRequest } from "#core/model/restore.ts";
import { type ExactObject, isExactObject, parseExactBytes } from "#core/objects/exact-json.ts";
import { readStates } from "./apply-items.ts";
import { contentDigest, restorableForm } from "./content-digest.ts";
import { type Decision, decideItem } from "./decide.ts";
import { isThere } from "./existing.ts";
import type { LiveState } from "./live-digests.ts";
import { mergePatch } from "./merge-patch.ts";
import type { Prepared } from "./prepare.ts";
import type { Rule } from "./rule.ts";
import { ruleFor } from "./rules.ts";
import type { SelectedKind } from "./select.ts";
import { transformItem } from "./transform.ts";
import { intendedOf } from "./write-item.ts";

/** What a restore would do with one object that is there. */
export type Fate = "update" | "unchanged" | "differs" | "skip";

export interface PreviewedKind extends ItemKind {
  readonly pulledIn: boolean;
  readonly fates: Readonly<Record<Fate, number>>;
}

export interface PreviewedObject {
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly fate: "update" | "differs";
}

/** What a dry run knows of the objects that exist, beyond the plan: it has compared them, and written nothing. */
export interface Preview {
  readonly kinds: readonly PreviewedKind[];
  /** Those that differ, the first thousand. */
  readonly objects: readonly PreviewedObject[];
}

export interface PreviewAsk {
  readonly prepared: Prepared;
  readonly cluster: Cluster;
  readonly request: RestoreRequest;
  readonly signal: AbortSignal;
}

/** Single objects beyond this many are only counted. */
const SHOWN = 1_000;

/** Reads the live state and the stored bytes of what exists; what does not exist costs nothing here. */
export async function previewExisting(ask: PreviewAsk): Promise<Preview> {
  const kinds: PreviewedKind[] = [];
  const objects: PreviewedObject[] = [];
  for (const selected of ask.prepared.kinds) {
    const fates = { update: 0, unchanged: 0, differs: 0, skip: 0 };
    const found = selected.pulledIn ? leftAlone(ask, selected) : compared(ask, selected);
    for await (const { target, fate } of found) {
      fates[fate] += 1;
      if ((fate !== "update" && fate !== "differs") || objects.length === SHOWN) continue;
      const { kind, namespace, name } = target;
      objects.push({ group: kind.group, resource: kind.resource, namespace, name, fate });
    }
    kinds.push({ ...kindOf(selected.kind), pulledIn: selected.pulledIn, fates });
  }
  return { kinds, objects };
}

type Write = Extract<Decision, { do: "write" }>;

interface Previewed {
  readonly target: Write;
  readonly fate: Fate;
}

/** Whatever they look like. */
async function* leftAlone({ prepared }: PreviewAsk, { batches }: SelectedKind): AsyncGenerator<Previewed> {
  for await (const batch of batches()) {
    for (const target of existing(prepared, batch).values()) yield { target, fate: "skip" };
  }
}

async function* compared(ask: PreviewAsk, { kind, batches }: SelectedKind): AsyncGenerator<Previewed> {
  let states: ReadonlyMap<string, LiveState> | undefined;
  for await (const batch of batches()) {
    const there = existing(ask.prepared, batch);
    if (there.size === 0) continue;
    states ??= await readStates(ask, kind);
    yield* comparedBatch(ask, there, states);
  }
}

async function* comparedBatch(
  ask: PreviewAsk,
  there: ReadonlyMap<StoredItem, Write>,
  states: ReadonlyMap<string, LiveState>,
): AsyncGenerator<Previewed> {
  for await (const read of ask.prepared.contents.take([...there.keys()], ask.signal)) {
    const target = there.get(read.item);
    const live = target && states.get(`${target.namespace}/${target.name}`);
    if (target === undefined || live === undefined || !read.ok) continue;
    yield { target, fate: await fateOf(ask, { item: read.item, bytes: read.bytes, target, live }) };
  }
}

function existing(prepared: Prepared, batch: readonly StoredItem[]): Map<StoredItem, Write> {
  const there = new Map<StoredItem, Write>();
  for (const item of batch) {
    const decision = decideItem(item, prepared.facts);
    if (decision.do === "write" && isThere(decision.live)) there.set(item, decision);
  }
  return there;
}

interface Pair {
  readonly item: StoredItem;
  readonly bytes: Uint8Array;
  readonly target: Write;
  readonly live: LiveState;
}

/** The same questions in the same order as when it is written (settle-existing.ts). */
async function fateOf(ask: PreviewAsk, { item, bytes, target, live }: Pair): Promise<Fate> {
  const { ruling } = transformItem(item, bytes, ask.prepared.facts.rules);
  if (ruling.verdict === "skip") return "skip";
  const intended = intendedOf(ruling);
  if (contentDigest(target.kind, intended) === live.digest) return "unchanged";
  const rule = ruleFor(item);
  if (rule.merge === undefined && ask.request.existing === "skip") return "differs";
  const object = await readLive(ask, target);
  return object !== undefined && changes(object, { rule, intended, kind: target.kind })
    ? "update"
    : "unchanged";
}

async function readLive(ask: PreviewAsk, target: Write): Promise<ExactObject | undefined> {
  const { kind, namespace, name } = target;
  const bytes = await ask.cluster.get({ resource: kind, namespace, name }, ask.signal);
  const object = bytes === undefined ? undefined : parseExactBytes(bytes);
  return isExactObject(object) ? object : undefined;
}

/** A live object may have more than the backup's: what is only added stays, and is no change. */
function changes(
  live: ExactObject,
  { rule, intended, kind }: { readonly rule: Rule; readonly intended: ExactObject; readonly kind: ItemKind },
): boolean {
  if (rule.merge !== undefined) return rule.merge(live, intended) !== undefined;
  const merged = mergePatch(restorableForm(kind, live), restorableForm(kind, intended));
  return contentDigest(kind, merged) !== contentDigest(kind, live);
}
