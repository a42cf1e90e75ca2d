import {
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from "node:http2";
import { onAbort } from "#core/flow/on-abort.ts";
import type { Http2Line } from "./http2-session.ts";
import { chunksOf, wholeOf } from "./read-chunks.ts";
import { BrokenExchange, type WireReply, type WireRequest } from "./wire.ts";

/** Errors of node:http2 for requests that never were put on the wire. */
const NEVER_SENT = new Set([
  "ERR_HTTP2_GOAWAY_SESSION",
  "ERR_HTTP2_INVALID_SESSION",
  "ERR_HTTP2_OUT_OF_STREAMS",
]);

/** Sends one request over a line and waits for the head of the reply. */
export async function exchangeOverHttp2(line: Http2Line, request: WireRequest): Promise<WireReply> {
  request.signal.throwIfAborted();
  const stream = start(line, request);
  line.running++;
  const forget = onAbort(request.signal, () => stream.close(constants.NGHTTP2_CANCEL));
  stream.once("close", () => {
    line.running--;
    forget();
  });
  const head = await replyHead(stream, request.signal);
  return {
    status: Number(head[":status"]),
    header: (name) => joined(head[name]),
    body: readBody(stream, request.signal),
    whole: () => readWhole(stream, request.signal),
    discard: () => stream.close(constants.NGHTTP2_CANCEL),
  };
}

function start(line: Http2Line, request: WireRequest): ClientHttp2Stream {
  const { method, path, headers, body } = request;
  try {
    // A flat list is what node:http2 makes of an object of headers.
    const stream = line.session.request(
      [":method", method, ":path", path, ...pairsOf(headers), ...lengthOf(body)],
      { endStream: body === undefined },
    );
    if (body !== undefined) stream.end(body);
    return stream;
  } catch (cause) {
    throw broken(cause, "never");
  }
}

function pairsOf(headers: WireRequest["headers"]): readonly string[] {
  const pairs: string[] = [];
  for (const name in headers) {
    for (const value of [headers[name] ?? []].flat()) pairs.push(name, value);
  }
  return pairs;
}

function lengthOf(body: Uint8Array | undefined): readonly string[] {
  return body === undefined ? [] : ["content-length", String(body.length)];
}

type ReplyHead = IncomingHttpHeaders & IncomingHttpStatusHeader;

/** When the signal fires, the stream is closed by whoever started it. */
function replyHead(stream: ClientHttp2Stream, signal: AbortSignal): Promise<ReplyHead> {
  return new Promise((resolve, reject) => {
    let failure: unknown;
    let answered = false;
    // Stays for the stream's whole life: an error without a listener would end the process.
    stream.on("error", (error) => {
      failure = error;
    });
    stream.once("response", (head) => {
      answered = true;
      resolve(head);
    });
    // A request that is never answered only ends: no error is raised for it.
    stream.once("close", () => {
      if (!answered) reject(signal.aborted ? signal.reason : unanswered(stream, failure));
    });
  });
}

async function* readBody(
  stream: ClientHttp2Stream,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* chunksOf(stream);
    await closed(stream);
  } catch (cause) {
    signal.throwIfAborted();
    throw broken(cause, "maybe");
  } finally {
    if (!stream.closed) stream.close(constants.NGHTTP2_CANCEL);
  }
  assertEnded(stream, signal);
}

async function readWhole(stream: ClientHttp2Stream, signal: AbortSignal): Promise<Uint8Array> {
  const bytes = await wholeOf(stream).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw broken(cause, "maybe");
  });
  assertEnded(stream, signal);
  return bytes;
}

function assertEnded(stream: ClientHttp2Stream, signal: AbortSignal): void {
  signal.throwIfAborted();
  // After a FIN of the peer, or when the session is destroyed, the stream just ends; only its code tells.
  if (stream.rstCode !== constants.NGHTTP2_NO_ERROR) throw broken(undefined, "maybe");
}

function closed(stream: ClientHttp2Stream): Promise<void> | undefined {
  return stream.closed ? undefined : new Promise((resolve) => stream.once("close", resolve));
}

function unanswered(stream: ClientHttp2Stream, failure: unknown): BrokenExchange {
  return broken(failure, wasRefused(stream) ? "never" : "maybe");
}

/** The server says it has not begun: the stream was above the last one that its GOAWAY named, or there were too many. */
function wasRefused(stream: ClientHttp2Stream): boolean {
  return stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
}

function broken(cause: unknown, sent: "never" | "maybe"): BrokenExchange {
  if (cause instanceof BrokenExchange) return cause;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const message = cause instanceof Error ? cause.message : "the connection ended before the reply did";
  return new BrokenExchange(message, { sent: NEVER_SENT.has(code) ? "never" : sent, cause });
}

function joined(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(", ") : value;
}
