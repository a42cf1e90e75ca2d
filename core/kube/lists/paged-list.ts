import { sleep } from "#core/flow/sleep.ts";
import { failureOf, type Refusal } from "#core/kube/transport/refusal.ts";
import { type Page, type PageOutcome, readPage } from "./list-page.ts";
import type { ListEnd, ListRun, ListSteps } from "./list-run.ts";

/**
 * What kubectl asks for, while nothing is known of the objects; after it, pages are made to be about this large. The
 * bytes are the bound, most only keeps the limit sane: API servers since 1.33 encode a list item by item, so that a
 * page costs them no more memory for having many items.
 */
const FIRST_LIMIT = 500;
const PAGE_BYTES = 8 * 1024 * 1024;
const LIMITS = { least: 50, most: 20_000 };
/** 410 before anything was given: a list begun again may be quicker than the server forgets. */
const MOST_RESTARTS = 2;
const MOST_BREAKS = 5;
const BREAK_PAUSE_MS = 250;

/** Where a list stands between two requests. */
interface Position extends Page {
  readonly restarts: number;
  /** Pages in a row that broke off. */
  readonly breaks: number;
}

/**
 * LIST with limit and continue. All pages of one token come from one resourceVersion; a page that broke off is asked
 * for again, a token that expired is replaced as the server proposes and the list marked as not of one moment.
 * resourceVersion=0 is never asked for: it ignores the limit and may be stale.
 *
 * Only with longList it may end undefined, before anything was given: a stream does better, since more objects than
 * that remain or a token expired.
 */
export function pageList(run: ListRun): ListSteps<ListEnd>;
export function pageList(run: ListRun, longList: number): ListSteps<ListEnd | undefined>;
export async function* pageList(run: ListRun, longList?: number): ListSteps<ListEnd | undefined> {
  const limit = run.request.pageSize ?? FIRST_LIMIT;
  let position: Position | undefined = { token: "", limit, longList, restarts: 0, breaks: 0 };
  while (position !== undefined) {
    const outcome: PageOutcome = yield* readPage(run, position);
    if (outcome.kind === "page" && outcome.meta.continueToken === "") {
      const rest = run.delivery.finish();
      if (rest.length > 0) yield rest;
      return { method: "pages", resourceVersion: outcome.meta.resourceVersion };
    }
    position = await nextPosition(run, position, outcome);
  }
  run.startOver();
  return undefined;
}

async function nextPosition(
  run: ListRun,
  position: Position,
  outcome: PageOutcome,
): Promise<Position | undefined> {
  switch (outcome.kind) {
    case "page":
      return {
        ...position,
        token: outcome.meta.continueToken,
        limit: nextLimit(run, position, outcome),
        breaks: 0,
      };
    case "long":
      return undefined;
    case "refused":
      return afterRefusal(run, position, outcome.refusal);
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

function afterRefusal(run: ListRun, position: Position, refusal: Refusal): Position | undefined {
  const { restarts } = position;
  // Of the first page nothing can have expired.
  const expired = refusal.status === 410 && position.token !== "";
  if (!expired || restarts > MOST_RESTARTS) throw failureOf(refusal, run.title);
  const { begun } = run.delivery;
  if (!begun && position.longList !== undefined) return undefined;
  const token = refusal.continueToken ?? "";
  const again = !begun && restarts < MOST_RESTARTS;
  if (!again && token !== "") return { ...position, token };
  run.startOver();
  return { ...position, token: "", restarts: restarts + 1 };
}
