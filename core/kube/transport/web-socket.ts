import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { onAbort } from "#core/flow/on-abort.ts";
import type { AccessHeaders } from "#core/kube/access/access.ts";
import { chunksOf } from "./read-chunks.ts";
import { BrokenExchange, type IncomingReply } from "./wire.ts";

export interface SocketRequest {
  /** From /api or /apis on, encoded, with its query. */
  readonly path: string;
  /** Subprotocols; the server takes the first of them that it knows. */
  readonly protocols: readonly string[];
  /** Called for each message from the first one on. */
  readonly onMessage: (message: Uint8Array) => void;
  readonly signal: AbortSignal;
}

export interface OpenSocket {
  /** Resolves when the server has closed it in order; throws BrokenExchange where the connection broke. */
  readonly closed: Promise<void>;
  close(): void;
}

export interface SocketTarget {
  /** The connected way to the server, TLS included. */
  readonly socket: Duplex;
  /** The Host header. */
  readonly host: string;
  readonly headers: AccessHeaders;
}

/** As kubectl's: balancers on the way cut what is silent, and a long command says nothing. */
const PING_MS = 5_000;

/** Upgrades a connection; what the server answers instead, where it refuses, is given as a reply. */
export async function openWebSocket(
  { path, protocols, onMessage, signal }: SocketRequest,
  { socket, host, headers }: SocketTarget,
): Promise<OpenSocket | IncomingReply> {
  const { startClient } = await import("./web-socket-client.ts");
  if (signal.aborted) socket.destroy();
  signal.throwIfAborted();
  const client = startClient(`ws://${host}${path}`, protocols, {
    // Its type asks for a net.Socket; any Duplex does.
    createConnection: () => socket as Socket,
    headers: { ...headers, host },
    perMessageDeflate: false,
  });
  const forget = onAbort(signal, () => client.terminate());
  const pings = setInterval(() => {
    if (client.readyState === client.OPEN) client.ping();
  }, PING_MS);
  client.on("message", (data: Buffer) => onMessage(data));
  client.once("close", () => {
    forget();
    clearInterval(pings);
  });
  const closed = untilClosed(client, signal);
  // Nobody waits for it where the upgrade is refused.
  closed.catch(() => undefined);
  const refusal = await Promise.race([opened(client), refused(client), closed]);
  return refusal ?? { closed, close: () => leave(client) };
}

/** Nobody waits longer for a server that does not answer the farewell. */
const FAREWELL_MS = 1_000;

function leave(client: WebSocket): void {
  client.close();
  setTimeout(() => client.terminate(), FAREWELL_MS).unref();
}

function opened(client: WebSocket): Promise<undefined> {
  return new Promise((resolve) => client.once("open", () => resolve(undefined)));
}

function untilClosed(client: WebSocket, signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve, reject) => {
    let failure: unknown;
    client.on("error", (error) => {
      failure ??= error;
    });
    client.once("close", (code) => {
      if (signal.aborted) reject(signal.reason);
      else if (failure !== undefined || code === ABNORMAL) reject(broken(failure));
      else resolve(undefined);
    });
  });
}

/** RFC 6455, 7.1.5: the connection ended without a close frame. */
const ABNORMAL = 1006;

function broken(cause: unknown): BrokenExchange {
  const message = cause instanceof Error ? cause.message : "it ended without a farewell";
  return new BrokenExchange(message, { sent: "maybe", cause });
}

function refused(client: WebSocket): Promise<IncomingReply> {
  return new Promise((resolve) => {
    client.once("unexpected-response", (_request, incoming) => resolve(replyOf(incoming, client)));
  });
}

function replyOf(incoming: IncomingMessage, client: WebSocket): IncomingReply {
  return {
    status: incoming.statusCode ?? 0,
    header: (name) => {
      const value = incoming.headers[name];
      return Array.isArray(value) ? value.join(", ") : value;
    },
    body: readOnce(incoming, client),
    discard: () => client.terminate(),
  };
}

async function* readOnce(incoming: IncomingMessage, client: WebSocket): AsyncGenerator<Uint8Array> {
  try {
    yield* chunksOf(incoming);
  } finally {
    client.terminate();
  }
}
