import type { BackupWriter } from "#core/catalog/catalog.ts";
import { forEachLimited } from "#core/flow/for-each-limited.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import type { ItemHeader } from "#core/model/item.ts";
import type { RunContext } from "#core/model/run-context.ts";
import { isExcluded } from "#core/selection/is-excluded.ts";
import { ItemSink } from "./item-sink.ts";
import { Needs } from "./needs.ts";
import type { BackupPlan } from "./plan.ts";
import { type KindOutcome, type KindReading, readKind } from "./read-kind.ts";
import { readRelated } from "./related.ts";
import { Tally } from "./tally.ts";

export interface Collecting {
  readonly cluster: Cluster;
  readonly plan: BackupPlan;
  readonly writer: BackupWriter;
  readonly pageSize: number | undefined;
}

export interface Collected {
  /** Of the kinds that the plan names. */
  readonly outcomes: readonly KindOutcome[];
  /** Of the kinds of which only related objects were looked for. */
  readonly related: readonly KindOutcome[];
  readonly tally: Tally;
  readonly needs: Needs | undefined;
  /** How many Namespace objects were stored. */
  readonly namespaceCount: number;
}

/** API Priority and Fairness gives one client few seats, and a list of a large kind takes many of them. */
const LISTS_IN_FLIGHT = 4;

/** Reads what the plan says into the writer. */
export async function collectItems(collecting: Collecting, context: RunContext): Promise<Collected> {
  const { plan, writer } = collecting;
  const tally = new Tally(plan.namespaces.map(({ name }) => name));
  const needs = mayLeaveOut(plan) ? new Needs() : undefined;
  const sink = new ItemSink({ plan, writer, tally, needs });
  const outcomes: KindOutcome[] = [];
  const reading = kindReading(collecting, { sink, tally }, context);
  context.onProgress({ type: "phase-started", phase: "read" });
  const namespaceCount = await storeNamespaces(plan, sink, isWanted(plan));
  const flow = { concurrency: LISTS_IN_FLIGHT, signal: context.signal };
  await forEachLimited(plan.kinds, flow, async (kind, signal) => {
    outcomes.push(await readKind(kind, { ...reading, signal }));
  });
  const related = await collectRelated(collecting, { sink, needs }, context);
  tally.warnings.push(...related.warnings);
  const late = await storeNamespaces(plan, sink, isHost(plan, tally));
  context.onProgress({ type: "phase-ended", phase: "read", done: writer.itemCount, bytes: writer.itemBytes });
  return {
    outcomes,
    related: related.outcomes,
    tally,
    needs,
    namespaceCount: namespaceCount + late,
  };
}

/** Some filter is on, or related objects are to be found: only then is it worth knowing who refers to whom. */
function mayLeaveOut({ request, relatedKinds, selection }: BackupPlan): boolean {
  const byKind = request.includeResources.length > 0 || request.excludeResources.length > 0;
  return byKind || relatedKinds.length > 0 || selection.narrowsLabels || selection.clusterScope === "none";
}

function kindReading(
  { cluster, plan, writer, pageSize }: Collecting,
  { sink, tally }: { readonly sink: ItemSink; readonly tally: Tally },
  context: RunContext,
): KindReading {
  return {
    cluster,
    sink,
    namespaces: plan.namespaces.filter(({ header }) => !isExcluded(header)).map(({ name }) => name),
    labelSelector: plan.selection.serverSelector,
    pageSize,
    signal: context.signal,
    onStored: () =>
      context.onProgress({
        type: "phase-advanced",
        phase: "read",
        done: writer.itemCount,
        bytes: writer.itemBytes,
      }),
    onListed: (namespace, startedAt) =>
      tally.noteListed(namespace === undefined ? tally.namespaces.keys() : [namespace], startedAt),
    onNote: (message) => void tally.warnings.push({ message }),
  };
}

async function collectRelated(
  { cluster, plan }: Collecting,
  { sink, needs }: { readonly sink: ItemSink; readonly needs: Needs | undefined },
  { signal }: RunContext,
) {
  if (needs === undefined || plan.relatedKinds.length === 0) return { outcomes: [], warnings: [] };
  const namespaces = new Set(plan.namespaces.map(({ name }) => name));
  return readRelated({ cluster, kinds: plan.relatedKinds, needs, sink, namespaces, signal });
}

type Choice = (header: ItemHeader) => boolean;

async function storeNamespaces(plan: BackupPlan, sink: ItemSink, choose: Choice): Promise<number> {
  let count = 0;
  for (const { header, bytes } of plan.namespaces) {
    if (header === undefined || bytes === undefined || isExcluded(header) || !choose(header)) continue;
    await sink.store(plan.namespacesKind, header, bytes);
    count += 1;
  }
  return count;
}

/** The filters take it as they take any other object. */
function isWanted({ selection, namespacesKind }: BackupPlan): Choice {
  return ({ name, labels }) =>
    selection.includesName(namespacesKind, name) && selection.matchesLabels(labels);
}

/** The filters pass it over, but it holds something stored, which could not be restored without it. */
function isHost(plan: BackupPlan, tally: Tally): Choice {
  const wanted = isWanted(plan);
  const shutOut =
    plan.request.excludeResources.length > 0 && plan.selection.kindShare(plan.namespacesKind).take === "none";
  return (header) => !shutOut && !wanted(header) && (tally.namespaces.get(header.name)?.itemCount ?? 0) > 0;
}
