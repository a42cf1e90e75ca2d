import { failureOf, type Refusal, refusalOfStatus } from "#core/kube/transport/refusal.ts";
import { BrokenExchange } from "#core/kube/transport/wire.ts";
import { countChanges } from "./changes-meanwhile.ts";
import { TruncatedJson } from "./json-scanner.ts";
import type { ListEnd, ListRun, ListSteps } from "./list-run.ts";
import { StalledWatch, WatchLines } from "./watch-lines.ts";
import type { WatchLine } from "./watch-scanner.ts";

/**
 * KEP-3157: the server sends each object as an ADDED event out of its cache and closes the initial part with a bookmark
 * that carries the resourceVersion. One object at a time on both sides, however long the list.
 */
const INITIAL_EVENTS = {
  watch: 1,
  sendInitialEvents: true,
  resourceVersionMatch: "NotOlderThan",
  allowWatchBookmarks: true,
} as const;
const ACCEPT = "application/json";
const ACCEPT_METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
/** A server that knows nothing of initial events may send them and then stay silent for ever. */
const PATIENCE_MS = 30_000;

/** What became of a stream; on anything but an end a LIST has the last word. */
export type StreamOutcome =
  | { readonly kind: "complete"; readonly end: ListEnd }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | { readonly kind: "broken" | "silent" };

/** One attempt; what it gave before it broke stays given. */
export async function* streamList(run: ListRun): ListSteps<StreamOutcome> {
  const stop = new AbortController();
  const signal = AbortSignal.any([run.request.signal, stop.signal]);
  const accept = run.request.metadataOnly ? ACCEPT_METADATA : ACCEPT;
  const answer = await run.send(accept, INITIAL_EVENTS, { signal, isFinal: isCacheNotReady });
  if (!answer.ok) return { kind: "refused", refusal: answer.refusal };
  const lines = new WatchLines(answer.reply);
  let open = true;
  try {
    const outcome = yield* readInitialEvents(run, lines);
    if (outcome.kind !== "initial") return outcome;
    open = run.request.keepWatching !== true;
    const meanwhile = open ? undefined : countChanges(lines, { first: outcome.rest, stop });
    const { resourceVersion } = outcome;
    run.noteVersion(resourceVersion);
    return { kind: "complete", end: { method: "watch-list", resourceVersion, meanwhile } };
  } catch (error) {
    return { kind: breakKind(error) };
  } finally {
    if (open) lines.close();
  }
}

function breakKind(error: unknown): "broken" | "silent" {
  if (error instanceof StalledWatch) return "silent";
  if (error instanceof BrokenExchange || error instanceof TruncatedJson) return "broken";
  throw error;
}

type InitialOutcome =
  | Exclude<StreamOutcome, { kind: "complete" }>
  | { readonly kind: "initial"; readonly resourceVersion: string; readonly rest: readonly WatchLine[] };

async function* readInitialEvents(run: ListRun, lines: WatchLines): ListSteps<InitialOutcome> {
  for (;;) {
    const events = await lines.next(PATIENCE_MS);
    if (events === undefined) return { kind: "broken" };
    const { ready, outcome } = takeEvents(run, events);
    if (ready.length > 0) yield ready;
    if (outcome !== undefined) return outcome;
  }
}

interface Taken {
  readonly ready: readonly Uint8Array[];
  readonly outcome?: InitialOutcome;
}

function takeEvents(run: ListRun, events: readonly WatchLine[]): Taken {
  const ready: Uint8Array[] = [];
  let added: Uint8Array[] = [];
  for (const [index, event] of events.entries()) {
    if (event.type === "ADDED") {
      added.push(event.object);
      continue;
    }
    ready.push(...run.delivery.offer(added));
    added = [];
    const outcome = takeOther(run, event, events.slice(index + 1));
    if (outcome?.kind === "initial") ready.push(...run.delivery.finish());
    if (outcome !== undefined) return { ready, outcome };
  }
  return { ready: [...ready, ...run.delivery.offer(added)] };
}

function takeOther(
  run: ListRun,
  { type, object }: WatchLine,
  rest: readonly WatchLine[],
): InitialOutcome | undefined {
  if (type === "ERROR") return { kind: "refused", refusal: refusalOfStatus(object) };
  // Writes between the cache's state and the moment of asking follow the initial events and precede the bookmark.
  if (type === "MODIFIED") run.delivery.change(object, object);
  if (type === "DELETED") run.delivery.change(object, undefined);
  const resourceVersion = type === "BOOKMARK" ? endOfInitialEvents(object) : undefined;
  return resourceVersion === undefined ? undefined : { kind: "initial", resourceVersion, rest };
}

function endOfInitialEvents(bookmark: Uint8Array): string | undefined {
  // A bookmark is an otherwise empty object; the scanner has accepted it.
  const { metadata } = JSON.parse(Buffer.from(bookmark).toString("utf8")) as {
    metadata?: { resourceVersion?: string; annotations?: Readonly<Record<string, string>> };
  };
  return metadata?.annotations?.["k8s.io/initial-events-end"] === "true"
    ? metadata.resourceVersion
    : undefined;
}

/**
 * The watch cache of one kind is empty (apiserver storage/cacher): for a moment after a start, for ever where a dead
 * conversion webhook keeps it from filling. Pages are read past the cache, so there is nothing to wait for.
 */
function isCacheNotReady({ status, message }: Refusal): boolean {
  return status === 429 && message.startsWith("storage is (re)initializing");
}

/** Refusals that say something about the server and not about the kind: no stream need be tried again. */
export function knowsNoStreams({ status, message }: Refusal): boolean {
  return (status === 400 || status === 422) && /sendInitialEvents|resourceVersionMatch/.test(message);
}

/** A LIST would be answered the same. */
export function throwIfFinal(run: ListRun, refusal: Refusal): void {
  if (isCacheNotReady(refusal)) return;
  if (refusal.status === 401 || refusal.status === 429) throw failureOf(refusal, run.title);
}
