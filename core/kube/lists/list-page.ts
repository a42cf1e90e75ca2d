import type { Refusal } from "#core/kube/transport/refusal.ts";
import { BrokenExchange, type WireReply } from "#core/kube/transport/wire.ts";
import { typeSplicer } from "./item-type.ts";
import { TruncatedJson } from "./json-scanner.ts";
import type { ListRun, ListSteps } from "./list-run.ts";
import { type ListMeta, ListScanner } from "./list-scanner.ts";

const ACCEPT = "application/json";
const ACCEPT_METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

export interface Page {
  /** "" asks for the first page. */
  readonly token: string;
  readonly limit: number;
  /** With more objects than this behind it, and nothing given yet, the page is left. */
  readonly longList: number | undefined;
}

export type PageOutcome =
  | { readonly kind: "page"; readonly meta: ListMeta; readonly items: number; readonly bytes: number }
  | { readonly kind: "long" }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | { readonly kind: "broken"; readonly error: unknown };

/** One LIST request. Whatever became of it, the run is ready for the same page to be asked for again. */
export async function* readPage(run: ListRun, page: Page): ListSteps<PageOutcome> {
  const { token, limit } = page;
  const accept = run.request.metadataOnly ? ACCEPT_METADATA : ACCEPT;
  const answer = await run.send(accept, { limit, continue: token }, { signal: run.request.signal });
  if (!answer.ok) return { kind: "refused", refusal: answer.refusal };
  const scanner = new ListScanner();
  try {
    return yield* readItems(run, answer.reply, { scanner, longList: page.longList });
  } catch (error) {
    if (!(error instanceof BrokenExchange || error instanceof TruncatedJson)) throw error;
    recover(run, token, scanner);
    return { kind: "broken", error };
  } finally {
    answer.reply.discard();
  }
}

async function* readItems(
  run: ListRun,
  reply: WireReply,
  { scanner, longList }: { readonly scanner: ListScanner; readonly longList: number | undefined },
): ListSteps<PageOutcome> {
  const typed = typeSplicer(run.itemType);
  let items = 0;
  let bytes = 0;
  for await (const chunk of reply.body) {
    const found = scanner.push(chunk);
    // Built-in kinds tell it with their first bytes, before any of the page's objects; custom resources with the last.
    if (!run.delivery.begun && remaining(scanner) > (longList ?? Number.POSITIVE_INFINITY))
      return { kind: "long" };
    items += found.length;
    bytes += chunk.length;
    const ready = run.delivery.offer(typed(found));
    if (ready.length > 0) yield ready;
  }
  const meta = scanner.end();
  run.noteVersion(meta.resourceVersion);
  return { kind: "page", meta, items, bytes };
}

/** 0 where the server does not tell, as with a selector. */
function remaining({ meta }: ListScanner): number {
  return meta?.remainingItemCount ?? 0;
}

/** The page will be asked for again. With a token it is the same page; the first page may be of another moment. */
function recover(run: ListRun, token: string, scanner: ListScanner): void {
  if (token === "" && !run.delivery.begun) {
    run.startOver();
    return;
  }
  run.delivery.skipKnown();
  if (token === "") run.noteVersion(scanner.meta?.resourceVersion);
}
