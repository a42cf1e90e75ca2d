import { retrying } from "#core/flow/retry.ts";
import { InvalidJson, JsonScanner, TruncatedJson } from "#core/kube/lists/json-scanner.ts";
import { Failure } from "#core/model/errors.ts";
import { failureOf } from "./refusal.ts";
import type { ApiRequest, Transport } from "./transport.ts";
import { BrokenExchange, type WireReply } from "./wire.ts";

/** A reply that is small enough to be read whole rarely breaks off twice. */
const MOST_READS = 3;

/** The reply of a GET, checked to be one whole JSON value; `what` says what was tried, for the Failure. */
export async function getWhole(transport: Transport, request: GetRequest, what: string): Promise<WholeReply> {
  try {
    return await retrying(() => getOnce(transport, request, what), {
      signal: request.signal,
      attempts: MOST_READS,
      isRetryable: (error) => error instanceof BrokenExchange || error instanceof TruncatedJson,
    });
  } catch (error) {
    if (!(error instanceof InvalidJson)) throw transport.translate(error);
    throw new Failure("cluster-error", `${what}: the server's answer is damaged: ${error.message}`, {
      cause: error,
    });
  }
}

async function getOnce(transport: Transport, request: GetRequest, what: string): Promise<WholeReply> {
  const answer = await transport.send({ ...request, method: "GET", repeatable: true });
  if (!answer.ok) throw failureOf(answer.refusal, what);
  const body = await answer.reply.whole();
  checkWhole(body);
  return { reply: answer.reply, body };
}

export type GetRequest = Pick<ApiRequest, "path" | "accept" | "attempts" | "signal">;

export interface WholeReply {
  readonly reply: WireReply;
  readonly body: Uint8Array;
}

function checkWhole(body: Uint8Array): void {
  const end = new JsonScanner().scan(body, 0);
  if (end === -1) throw new TruncatedJson("it is cut off");
}
