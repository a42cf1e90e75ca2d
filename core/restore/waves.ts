import type { OpenBackup, StoredItem } from "#core/catalog/catalog.ts";
import { annotationKeys } from "#core/model/annotations.ts";
import { TIERS, type Tier } from "#core/model/tier.ts";
import { textAt } from "#core/objects/edit-object.ts";
import type { Contents } from "./contents.ts";
import { eachParsed } from "./each-parsed.ts";
import type { PlannedTier } from "./plan.ts";
import { makesPods } from "./pod-specs.ts";
import { ruleFor } from "./rules.ts";
import { filtered, isNamespace, type Selected, type SelectedKind } from "./select.ts";
import { type Classification, classify, compareWaves, type Wave } from "./tiers.ts";
import { type Place, WaveBook } from "./wave-book.ts";

/** What is created one after the other. */
export interface Waves {
  readonly waves: readonly { readonly tier: Tier; readonly kinds: readonly SelectedKind[] }[];
  /** Those with any objects, in order. */
  readonly tiers: readonly PlannedTier[];
  readonly warnings: readonly string[];
}

export interface WavesAsk {
  readonly backup: OpenBackup;
  readonly contents: Contents;
  readonly selected: Selected;
  /** All that is to be restored. */
  readonly kinds: readonly SelectedKind[];
  /** By item key: what annotations of workloads say. */
  readonly orders: ReadonlyMap<string, string>;
  readonly signal: AbortSignal;
}

/** Where nothing is classified there is one wave, which costs nothing to find out. */
export async function planWaves(ask: WavesAsk): Promise<Waves> {
  const { kinds, orders, selected } = ask;
  const namespaces = await classifyNamespaces(ask);
  const isClassified = selected.isClassified || orders.size > 0 || namespaces.values().some(saysAnything);
  if (!isClassified) return { waves: [{ tier: "normal", kinds }], tiers: [], warnings: [] };
  const book = new WaveBook({ namespaces, orders, ownerUids: selected.ownerUids });
  const ownersFirst = kinds.toSorted((left, right) => descentOf(left) - descentOf(right));
  await eachItem(ownersFirst, (_, item) => book.note(item));
  const placed = await placeAll(kinds, book);
  const order = [...placed.waves.values()].toSorted(compareWaves);
  const indexOf = indexIn(order);
  return {
    waves: order.map((wave, index) => ({
      tier: wave.tier,
      kinds: kinds
        .filter((kind) =>
          placed.places
            .get(kind)
            ?.values()
            .some((place) => indexOf(place) === index),
        )
        .map((kind) => ({
          ...kind,
          batches: () => filtered(kind.batches(), (item) => indexOf(book.placeOf(item)) === index),
        })),
    })),
    tiers: countTiers(placed, (place) => order[indexOf(place)]?.tier),
    warnings: book.warnings,
  };
}

function saysAnything({ tier, order }: Classification): boolean {
  return tier !== undefined || order !== undefined;
}

function descentOf({ kind }: SelectedKind): number {
  return ruleFor(kind).descent ?? 0;
}

/** Namespaces speak for what lies in them whether they are restored themselves or not. */
async function classifyNamespaces(ask: WavesAsk): Promise<ReadonlyMap<string, Classification>> {
  const { backup, contents, selected, signal } = ask;
  const kinds = backup.kinds.filter(isNamespace).map((kind) => ({
    batches: () => filtered(backup.items(kind), ({ name }) => selected.namespaces.has(name)),
  }));
  const found = new Map<string, Classification>();
  for await (const { item, object } of eachParsed(contents, kinds, signal)) {
    const note = textAt(object, ["metadata", "annotations", annotationKeys.restoreOrder]);
    found.set(item.name, classify(item.labels, note === "" ? undefined : note));
  }
  return found;
}

async function eachItem(
  kinds: readonly SelectedKind[],
  visit: (kind: SelectedKind, item: StoredItem) => void,
): Promise<void> {
  for (const kind of kinds) {
    for await (const batch of kind.batches()) for (const item of batch) visit(kind, item);
  }
}

interface Placed {
  readonly waves: ReadonlyMap<string, Wave>;
  readonly places: ReadonlyMap<SelectedKind, ReadonlySet<Place>>;
  /** By place: how many objects, and how many of them start pods. */
  readonly counts: ReadonlyMap<Place, { readonly objects: number; readonly workloads: number }>;
}

async function placeAll(kinds: readonly SelectedKind[], book: WaveBook): Promise<Placed> {
  const waves = new Map<string, Wave>();
  const places = new Map<SelectedKind, Set<Place>>();
  const counts = new Map<Place, { objects: number; workloads: number }>();
  await eachItem(kinds, (kind, item) => {
    const place = shared(book.placeOf(item), waves);
    places.set(kind, (places.get(kind) ?? new Set()).add(place));
    const count = counts.get(place) ?? { objects: 0, workloads: 0 };
    counts.set(place, count);
    count.objects += 1;
    if (makesPods(kind.kind)) count.workloads += 1;
  });
  return { waves: waves.size > 0 ? waves : new Map([["", NORMAL]]), places, counts };
}

const NORMAL: Wave = { tier: "normal", namespaceOrder: 0, order: 0 };

/** The same object for equal waves. */
function shared(place: Place, waves: Map<string, Wave>): Place {
  if (typeof place === "string") return place;
  const key = keyOf(place);
  const known = waves.get(key) ?? place;
  waves.set(key, known);
  return known;
}

function keyOf({ tier, namespaceOrder, order }: Wave): string {
  return `${tier} ${namespaceOrder} ${order}`;
}

function indexIn(order: readonly Wave[]): (place: Place) => number {
  const byKey = new Map(order.map((wave, index) => [keyOf(wave), index]));
  return (place) => {
    if (place === "first") return 0;
    return place === "last" ? order.length - 1 : (byKey.get(keyOf(place)) ?? 0);
  };
}

function countTiers({ counts }: Placed, tierOf: (place: Place) => Tier | undefined): readonly PlannedTier[] {
  const found = new Map<Tier, PlannedTier>();
  for (const [place, { objects, workloads }] of counts) {
    const tier = tierOf(place) ?? "normal";
    const known = found.get(tier) ?? { tier, objects: 0, workloads: 0 };
    found.set(tier, { tier, objects: known.objects + objects, workloads: known.workloads + workloads });
  }
  return TIERS.flatMap((tier) => found.get(tier) ?? []);
}
