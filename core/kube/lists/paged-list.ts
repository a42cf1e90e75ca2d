import { sleep } from "#core/flow/sleep.ts";
import { failureOf, type Refusal } from "#core/kube/transport/refusal.ts";
import { BrokenExchange, type WireReply } from "#core/kube/transport/wire.ts";
import { typeSplicer } from "./item-type.ts";
import { TruncatedJson } from "./json-scanner.ts";
import type { ListEnd, ListRun, ListSteps } from "./list-run.ts";
import { type ListMeta, ListScanner } from "./list-scanner.ts";

const ACCEPT = "application/json";
const ACCEPT_METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
/** Nothing is known of the first page's objects; after it, pages are made to be about this large. */
const FIRST_LIMIT = 500;
const PAGE_BYTES = 8 * 1024 * 1024;
const LIMITS = { least: 50, most: 5_000 };
/** 410 before anything was given: a list begun again may be quicker than the server forgets. */
const MOST_RESTARTS = 2;
const MOST_BREAKS = 5;
const BREAK_PAUSE_MS = 250;

/** Where a list stands between two requests. */
interface Position {
  readonly token: string;
  readonly limit: number;
  readonly restarts: number;
  /** Pages in a row that broke off. */
  readonly breaks: number;
}

type PageOutcome =
  | { readonly kind: "page"; readonly meta: ListMeta; readonly items: number; readonly bytes: number }
  | { readonly kind: "expired"; readonly token: string }
  | { readonly kind: "broken"; readonly error: unknown };

/**
 * LIST with limit and continue. All pages of one token come from one resourceVersion; a page that broke off is asked
 * for again, a token that expired is replaced as the server proposes and the list marked as not of one moment.
 * resourceVersion=0 is never asked for: it ignores the limit and may be stale.
 */
export async function* pageList(run: ListRun): ListSteps<ListEnd> {
  let position: Position = { token: "", limit: run.request.pageSize ?? FIRST_LIMIT, restarts: 0, breaks: 0 };
  for (;;) {
    const outcome = yield* readPage(run, position);
    if (outcome.kind === "page" && outcome.meta.continueToken === "") {
      const rest = run.delivery.finish();
      if (rest.length > 0) yield rest;
      return { method: "pages", resourceVersion: outcome.meta.resourceVersion };
    }
    position = await nextPosition(run, position, outcome);
  }
}

async function nextPosition(run: ListRun, position: Position, outcome: PageOutcome): Promise<Position> {
  switch (outcome.kind) {
    case "page":
      return {
        ...position,
        token: outcome.meta.continueToken,
        limit: nextLimit(run, position, outcome),
        breaks: 0,
      };
    case "expired":
      return afterExpiry(run, position, outcome.token);
    case "broken":
      if (position.breaks + 1 >= MOST_BREAKS) throw outcome.error;
      await sleep(BREAK_PAUSE_MS * 2 ** position.breaks, run.request.signal);
      return { ...position, breaks: position.breaks + 1 };
  }
}

function nextLimit(run: ListRun, { limit }: Position, page: { items: number; bytes: number }): number {
  if (run.request.pageSize !== undefined || page.items === 0) return limit;
  const fitting = Math.floor(PAGE_BYTES / (page.bytes / page.items));
  return Math.min(LIMITS.most, Math.max(LIMITS.least, fitting));
}

function afterExpiry(run: ListRun, position: Position, token: string): Position {
  const { delivery } = run;
  const again = !delivery.begun && position.restarts < MOST_RESTARTS;
  if (again || token === "") {
    run.forgetVersions();
    delivery.startOver();
    return { ...position, token: "", restarts: position.restarts + 1 };
  }
  return { ...position, token };
}

async function* readPage(run: ListRun, position: Position): ListSteps<PageOutcome> {
  const { token, limit } = position;
  const accept = run.request.metadataOnly ? ACCEPT_METADATA : ACCEPT;
  const answer = await run.send(accept, { limit, continue: token }, { signal: run.request.signal });
  if (!answer.ok) return expiry(run, position, answer.refusal);
  const scanner = new ListScanner();
  try {
    const page = yield* readItems(run, answer.reply, scanner);
    run.noteVersion(page.meta.resourceVersion);
    return page;
  } catch (error) {
    if (!(error instanceof BrokenExchange || error instanceof TruncatedJson)) throw error;
    recover(run, token, scanner);
    return { kind: "broken", error };
  } finally {
    answer.reply.discard();
  }
}

function expiry(run: ListRun, { token, restarts }: Position, refusal: Refusal): PageOutcome {
  const final = refusal.status !== 410 || token === "" || restarts > MOST_RESTARTS;
  if (final) throw failureOf(refusal, run.title);
  return { kind: "expired", token: refusal.continueToken ?? "" };
}

async function* readItems(
  run: ListRun,
  reply: WireReply,
  scanner: ListScanner,
): ListSteps<PageOutcome & { kind: "page" }> {
  const typed = typeSplicer(run.itemType);
  let items = 0;
  let bytes = 0;
  for await (const chunk of reply.body) {
    const found = scanner.push(chunk);
    items += found.length;
    bytes += chunk.length;
    const ready = run.delivery.offer(found.map(typed));
    if (ready.length > 0) yield ready;
  }
  return { kind: "page", meta: scanner.end(), items, bytes };
}

/** The page will be asked for again. With a token it is the same page; the first page may be of another moment. */
function recover(run: ListRun, token: string, scanner: ListScanner): void {
  if (token === "" && !run.delivery.begun) {
    run.delivery.startOver();
    return;
  }
  run.delivery.skipKnown();
  if (token === "") run.noteVersion(scanner.meta?.resourceVersion);
}
