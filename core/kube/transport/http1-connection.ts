import { Agent, type ClientRequest, type IncomingMessage, request as send } from "node:http";
import type { Duplex } from "node:stream";
import { chunksOf, wholeOf } from "./read-chunks.ts";
import { BrokenExchange, type Connection, type WireReply, type WireRequest } from "./wire.ts";

export interface Http1Options {
  /** A connected socket, TLS included. */
  readonly dial: () => Promise<Duplex>;
  /** The Host header. */
  readonly host: string;
}

/** The fallback for servers and proxies that do not speak HTTP/2: one request per connection at a time, kept alive. */
export function http1Connection(options: Http1Options): Connection {
  const agent = new DiallingAgent(options.dial);
  return {
    exchange: (request) => exchange({ agent, host: options.host }, request),
    close: () => agent.destroy(),
  };
}

type SocketGiven = (error: Error | null, socket: Duplex) => void;

class DiallingAgent extends Agent {
  readonly #dial: () => Promise<Duplex>;

  constructor(dial: () => Promise<Duplex>) {
    super({ keepAlive: true, scheduling: "lifo" });
    this.#dial = dial;
  }

  override createConnection(_options: unknown, given?: SocketGiven): undefined {
    this.#dial().then(
      (socket) => given?.(null, socket),
      // The socket of a failed connection is never looked at, but the type wants one.
      (error: Error) => given?.(error, undefined as unknown as Duplex),
    );
    return undefined;
  }
}

async function exchange(to: { agent: Agent; host: string }, request: WireRequest): Promise<WireReply> {
  request.signal.throwIfAborted();
  const { method, path, headers, body, signal } = request;
  const length = body === undefined ? {} : { "content-length": String(body.length) };
  const outgoing = send({
    agent: to.agent,
    host: to.host,
    method,
    path,
    headers: { host: to.host, ...headers, ...length },
    signal,
  });
  outgoing.end(body);
  const incoming = await replyHead(outgoing, signal);
  return {
    status: incoming.statusCode ?? 0,
    header: (name) => joined(incoming.headers[name]),
    body: readBody(incoming, signal),
    whole: () => readWhole(incoming, signal),
    discard: () => incoming.destroy(),
  };
}

function replyHead(outgoing: ClientRequest, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.once("response", resolve);
    // Stays: an error during the body must find a listener as well.
    outgoing.on("error", (error) => reject(signal.aborted ? signal.reason : broken(error)));
  });
}

async function* readBody(
  incoming: IncomingMessage,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* chunksOf(incoming);
  } catch (cause) {
    signal.throwIfAborted();
    throw broken(cause);
  } finally {
    // Broken off: the connection cannot be used for another request.
    if (!incoming.complete) incoming.destroy();
  }
  assertComplete(incoming, signal);
}

async function readWhole(incoming: IncomingMessage, signal: AbortSignal): Promise<Uint8Array> {
  const bytes = await wholeOf(incoming).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw broken(cause);
  });
  assertComplete(incoming, signal);
  return bytes;
}

function assertComplete(incoming: IncomingMessage, signal: AbortSignal): void {
  signal.throwIfAborted();
  if (!incoming.complete) throw broken(incoming.errored ?? undefined);
}

function broken(cause: unknown): BrokenExchange {
  if (cause instanceof BrokenExchange) return cause;
  const message = cause instanceof Error ? cause.message : "the connection ended before the reply did";
  return new BrokenExchange(message, { sent: "maybe", cause });
}

function joined(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(", ") : value;
}
