import type { ItemBatch, ListRequest, ListSummary } from "#core/kube/cluster.ts";
import type { Transport } from "#core/kube/transport/transport.ts";
import { Failure } from "#core/model/errors.ts";
import { InvalidJson } from "./json-scanner.ts";
import { type ListEnd, ListRun, type ListSteps } from "./list-run.ts";
import { pageList } from "./paged-list.ts";
import { knowsNoStreams, type StreamOutcome, streamList, throwIfFinal } from "./watch-list.ts";

/** What one connection has learnt about its server, and how it was asked to read. */
export interface ListKnowledge {
  /** The server is too old for lists by watch, or has them switched off. */
  noStreams: boolean;
  /** With more objects than this behind its first pages a kind is read as a stream. */
  readonly longList: number;
}

/**
 * A stream keeps the memory of both sides flat, has no continue token that compaction takes away after five minutes,
 * and counts the changes made meanwhile; but a watch encodes and flushes object by object, which costs the server twice
 * the CPU of pages. Up to 50,000 objects are some ten pages at 1 to 2 KiB each, read long before a token expires.
 */
export const LONG_LIST = 50_000;

/**
 * Reads one kind whole. Every kind begins with a page, which is all there is of most. One that turns out to be long
 * before anything of it was given is read as a stream where the server offers that. A stream that breaks is begun once
 * more if nothing of it was given yet; after that pages, which can go on where they stopped, have the last word.
 */
export async function* listObjects(
  transport: Transport,
  request: ListRequest,
  known: ListKnowledge,
): AsyncGenerator<ItemBatch, ListSummary, void> {
  const run = new ListRun(transport, request);
  try {
    const end = yield* readList(run, known);
    // The rest may have come before the reader gave up; a list that was given up is no whole one all the same.
    request.signal.throwIfAborted();
    return run.summary(end);
  } catch (error) {
    if (error instanceof InvalidJson) {
      throw new Failure("cluster-error", `${run.title}: the server's answer is damaged: ${error.message}`, {
        cause: error,
      });
    }
    throw transport.translate(error);
  }
}

async function* readList(run: ListRun, known: ListKnowledge): ListSteps<ListEnd> {
  if (run.request.pageSize !== undefined || known.noStreams) return yield* pageList(run);
  const short = yield* pageList(run, known.longList);
  return short ?? (yield* byStream(run, known)) ?? (yield* pageList(run));
}

const MOST_STREAMS = 2;

async function* byStream(run: ListRun, known: ListKnowledge): ListSteps<ListEnd | undefined> {
  for (let attempt = 1; attempt <= MOST_STREAMS && !known.noStreams; attempt++) {
    const outcome = yield* streamList(run);
    if (outcome.kind === "complete") return outcome.end;
    if (!worthAnother(run, known, outcome)) break;
  }
  return undefined;
}

/** Leaves the run ready for whatever reads next. */
function worthAnother(run: ListRun, known: ListKnowledge, outcome: StreamOutcome): boolean {
  const { begun } = run.delivery;
  // What was given is older than what comes now, and of a moment that never became known.
  if (begun) run.noteVersion(undefined);
  run.startOver();
  if (outcome.kind !== "refused") return outcome.kind === "broken" && !begun;
  throwIfFinal(run, outcome.refusal);
  known.noStreams ||= knowsNoStreams(outcome.refusal);
  return outcome.refusal.status === 410 && !begun;
}
