import type { ItemBatch, ListRequest, ListSummary } from "#core/kube/cluster.ts";
import type { Transport } from "#core/kube/transport/transport.ts";
import { Failure } from "#core/model/errors.ts";
import { InvalidJson } from "./json-scanner.ts";
import { type ListEnd, ListRun, type ListSteps } from "./list-run.ts";
import { pageList } from "./paged-list.ts";
import { knowsNoStreams, type StreamOutcome, streamList, throwIfFinal } from "./watch-list.ts";

/** What one connection has learnt about its server. */
export interface ListKnowledge {
  /** The server is too old for lists by watch, or has them switched off. */
  noStreams: boolean;
}

/**
 * Reads one kind whole: as a stream where the server offers that, else in pages. A stream that breaks is begun once
 * more if nothing of it was given yet; after that pages, which can go on where they stopped, have the last word.
 */
export async function* listObjects(
  transport: Transport,
  request: ListRequest,
  known: ListKnowledge,
): AsyncGenerator<ItemBatch, ListSummary, void> {
  const run = new ListRun(transport, request);
  try {
    const end = (yield* byStream(run, known)) ?? (yield* pageList(run));
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

const MOST_STREAMS = 2;

async function* byStream(run: ListRun, known: ListKnowledge): ListSteps<ListEnd | undefined> {
  if (run.request.pageSize !== undefined) return undefined;
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
  run.delivery.startOver();
  if (outcome.kind !== "refused") return outcome.kind === "broken" && !begun;
  throwIfFinal(run, outcome.refusal);
  known.noStreams ||= knowsNoStreams(outcome.refusal);
  return outcome.refusal.status === 410 && !begun;
}
