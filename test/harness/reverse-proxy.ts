// A reverse proxy that misbehaves on command. In front of the API server it speaks HTTPS (HTTP/2 and HTTP/1.1) and
// presents the administrator's client certificate or passes a bearer token on; in front of S3 it speaks HTTP/1.1 and signs
// anew what it has changed. Upstream it always speaks HTTP/1.1 over kept connections.
import { once } from "node:events";
import {
  createServer,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { createSecureServer, type Http2SecureServer, type ServerHttp2Stream } from "node:http2";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { KeyPair } from "./certificates.ts";
import type { Fault, RecordedRequest, Rule } from "./faults.ts";
import { FaultScript, waitAsTold } from "./faults.ts";

export type FaultyProxy = {
  /** https://127.0.0.1:port or http://… */
  readonly url: string;
  /** In the order of their arrival. */
  readonly requests: readonly RecordedRequest[];
  /** Connections accepted so far. */
  readonly connections: () => number;
  /** Adds a rule; the function returned takes it away again. */
  add(rule: Rule): () => void;
  /** Forgets all rules. */
  clear(): void;
  stop(): Promise<void>;
};

export type ReverseProxyOptions = {
  /** Origin of the server behind: https://… or http://… */
  readonly target: string;
  readonly rules?: readonly Rule[];
  /** Of the server behind (https only): its authority, and the certificate to present to it. */
  readonly upstream?: { readonly ca: string; readonly client?: KeyPair };
  /** Of the proxy: with it, it speaks HTTPS. */
  readonly serving?: KeyPair;
  /** Offer HTTP/1.1 alone, as an old proxy would. */
  readonly http1Only?: boolean;
  /** Called when headers were changed on the way to S3: returns the headers with a fresh signature. */
  readonly sign?: (request: { method: string; path: string; query: string; headers: Headers }) => Headers;
};

type Headers = Record<string, string>;
// HTTP/2 requests come in Node's compatibility form: the same members, and the stream beside them.
type Incoming = IncomingMessage & { readonly stream?: ServerHttp2Stream };
type Outgoing = ServerResponse & { readonly stream?: ServerHttp2Stream };
type Handle = (incoming: Incoming, outgoing: Outgoing) => void;
type Record_ = { -readonly [K in keyof RecordedRequest]: RecordedRequest[K] };
type Exchange = {
  readonly incoming: Incoming;
  readonly outgoing: Outgoing;
  readonly record: Record_;
  readonly faults: readonly Fault[];
};
type Send = (exchange: Exchange, headers: Headers) => Promise<IncomingMessage>;

const CREDENTIALS = ["authorization", "x-amz-security-token", "cookie"];
// Hop-by-hop headers may not be passed on, and HTTP/2 forbids them.
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
  "proxy-connection",
  "http2-settings",
];

/** Starts the proxy on a loopback port. */
export async function startReverseProxy(options: ReverseProxyOptions): Promise<FaultyProxy> {
  const script = new FaultScript();
  for (const rule of options.rules ?? []) script.add(rule);
  const requests: RecordedRequest[] = [];
  const sockets = new Map<number, Socket>();
  const { send, close } = createUpstream(options);
  const handle = async (incoming: Incoming, outgoing: Outgoing) => {
    const record = recordOf(incoming);
    requests.push(record);
    const exchange = { incoming, outgoing, record, faults: script.strike(record) };
    await serve(exchange, send, sockets.get(incoming.socket.remotePort ?? 0)).catch(() => destroy(exchange));
  };
  const server = createFront(options, (incoming, outgoing) => void handle(incoming, outgoing));
  let connections = 0;
  server.on("connection", (socket: Socket) => {
    connections += 1;
    const port = socket.remotePort ?? 0;
    sockets.set(port, socket);
    socket.once("close", () => sockets.delete(port)).on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // a TCP server that listens has one
  const stop = async () => {
    server.close();
    for (const socket of sockets.values()) socket.destroy();
    close();
  };
  const url = `${options.serving ? "https" : "http"}://127.0.0.1:${port}`;
  return {
    url,
    requests,
    connections: () => connections,
    add: (rule) => script.add(rule),
    clear: () => script.clear(),
    stop,
  };
}

function createFront(
  { serving, http1Only }: ReverseProxyOptions,
  handle: Handle,
): Server | Http2SecureServer {
  if (serving === undefined) return createServer({ keepAliveTimeout: 60_000 }, handle);
  const server = createSecureServer({
    key: serving.key,
    cert: serving.cert,
    allowHTTP1: true,
    ...(http1Only && { ALPNProtocols: ["http/1.1"] }),
    // The default of 10 MB makes Node refuse streams when many long bodies are under way.
    maxSessionMemory: 256,
    settings: { initialWindowSize: 4 * 1024 * 1024, maxConcurrentStreams: 250 },
  });
  server.on("sessionError", () => undefined);
  // The compatibility objects have all the members used here (see Incoming).
  return server.on("request", handle as unknown as Parameters<typeof server.on<"request">>[1]);
}

function createUpstream({ target, upstream, sign }: ReverseProxyOptions): { send: Send; close: () => void } {
  const secure = target.startsWith("https:");
  const identity = upstream?.client && { key: upstream.client.key, cert: upstream.client.cert };
  const agent = secure
    ? new HttpsAgent({ keepAlive: true, ...(upstream && { ca: upstream.ca }), ...identity })
    : new HttpAgent({ keepAlive: true });
  const open = secure ? httpsRequest : httpRequest;
  const send: Send = async ({ incoming, record, faults }, headers) => {
    const { method, path, query } = record;
    const changed = faults.some((fault) => "stripHeader" in fault);
    const outgoingHeaders = changed && sign ? sign({ method, path, query, headers }) : headers;
    const request = open(target + (incoming.url ?? "/"), { method, headers: outgoingHeaders, agent });
    const answered = once(request, "response");
    request.on("error", () => undefined);
    const body = count(throttle(late(incoming, faults), faults), (bytes) => {
      record.sentBytes += bytes;
    });
    Readable.from(body)
      .on("error", (error) => request.destroy(error))
      .pipe(request);
    const [response] = await answered;
    return response;
  };
  return { send, close: () => agent.destroy() };
}

async function serve(exchange: Exchange, send: Send, socket: Socket | undefined): Promise<void> {
  const { incoming, outgoing, record, faults } = exchange;
  for (const fault of faults) await waitAsTold(fault);
  const instead = faults.find((fault) => "reply" in fault);
  if (instead) return replyInstead(exchange, instead.reply);
  const response = await send(exchange, headersToSend(incoming, faults));
  if (faults.some((fault) => "dropReply" in fault)) {
    response.resume();
    await once(response, "end");
    return void socket?.resetAndDestroy();
  }
  record.status = response.statusCode;
  for (const fault of faults) if ("holdReplyMs" in fault) await sleep(fault.holdReplyMs);
  outgoing.writeHead(response.statusCode ?? 502, headersToReturn(response, faults));
  if (faults.some((fault) => "goAway" in fault)) outgoing.stream?.session?.goaway();
  await passBody(exchange, response, socket);
}

async function passBody(
  { outgoing, record, faults }: Exchange,
  response: IncomingMessage,
  socket: Socket | undefined,
): Promise<void> {
  const cut = faults.find((fault) => "cutAfterBytes" in fault);
  const short = faults.find((fault) => "truncateTo" in fault);
  const limit = cut?.cutAfterBytes ?? short?.truncateTo ?? Number.POSITIVE_INFINITY;
  outgoing.once("close", () => response.destroy());
  for await (const chunk of throttle(response, faults)) {
    const rest = chunk.subarray(0, limit - record.receivedBytes);
    record.receivedBytes += rest.length;
    // Each chunk is pushed out before the next: what was counted has really left when the connection is cut.
    await new Promise((resolve) => outgoing.write(rest, resolve));
    if (record.receivedBytes >= limit) break;
  }
  if (cut === undefined) return void outgoing.end();
  await sleep(20); // what is written reaches the wire before the end does
  if (cut.how === "stream" && "stream" in outgoing)
    outgoing.stream.close(2); // INTERNAL_ERROR
  else if (cut.how === "rst") socket?.resetAndDestroy();
  else socket?.destroySoon();
}

async function replyInstead(
  { incoming, outgoing, record }: Exchange,
  reply: Extract<Fault, { reply: unknown }>["reply"],
): Promise<void> {
  // The body is read to its end: a client that is still sending would otherwise see a reset instead of the answer.
  for await (const chunk of incoming) record.sentBytes += (chunk as Buffer).length; // bodies come as bytes
  record.status = reply.status;
  outgoing.writeHead(reply.status, { ...reply.headers });
  outgoing.end(reply.body ?? "");
}

function headersToSend({ headers, stream }: Incoming, faults: readonly Fault[]): Headers {
  const stripped = faults.flatMap((fault) => ("stripHeader" in fault ? [fault.stripHeader] : []));
  const kept = Object.entries(headers).flatMap(([name, value]): [string, string][] => {
    if (name.startsWith(":") || value === undefined || stripped.includes(name)) return [];
    if (HOP_BY_HOP.includes(name) && name !== "transfer-encoding") return [];
    return [[name, String(value)]];
  });
  const authority = headers[":authority"];
  // HTTP/2 needs no announcement of a body, HTTP/1.1 does.
  const silent = stream !== undefined && !stream.endAfterHeaders && headers["content-length"] === undefined;
  return {
    ...(authority !== undefined && { host: String(authority) }),
    ...Object.fromEntries(kept),
    ...(silent && { "transfer-encoding": "chunked" }),
  };
}

function headersToReturn({ headers }: IncomingMessage, faults: readonly Fault[]): Headers {
  const kept = Object.entries(headers).filter(
    ([name, value]) => value !== undefined && !HOP_BY_HOP.includes(name),
  );
  const result = Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
  const shift = faults.find((fault) => "shiftDateMs" in fault)?.shiftDateMs ?? 0;
  const { date } = result;
  if (date !== undefined) result["date"] = new Date(Date.parse(date) + shift).toUTCString();
  const short = faults.find((fault) => "truncateTo" in fault);
  const length = Number(result["content-length"]);
  if (short && length > short.truncateTo) result["content-length"] = String(short.truncateTo);
  return result;
}

/** Bytes through one bucket per rule: all requests it strikes share its rate. */
const spent = new WeakMap<Fault, { nextAt: number }>();

async function* throttle(body: AsyncIterable<Buffer>, faults: readonly Fault[]): AsyncGenerator<Buffer> {
  const limit = faults.find((fault) => "bytesPerSecond" in fault);
  for await (const chunk of body) {
    if (limit) await waitTurn(limit, chunk.length);
    yield chunk;
  }
}

async function waitTurn(limit: Extract<Fault, { bytesPerSecond: number }>, bytes: number): Promise<void> {
  const bucket = spent.get(limit) ?? { nextAt: 0 };
  spent.set(limit, bucket);
  const now = performance.now();
  const startsAt = Math.max(now, bucket.nextAt);
  bucket.nextAt = startsAt + (bytes / limit.bytesPerSecond) * 1000;
  await sleep(bucket.nextAt - now);
}

async function* late(body: Incoming, faults: readonly Fault[]): AsyncGenerator<Buffer> {
  const held = faults.find((fault) => "lateMs" in fault);
  if (held === undefined) return yield* body;
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk as Buffer); // bodies come as bytes
  await sleep(held.lateMs);
  yield* chunks;
}

async function* count(body: AsyncIterable<Buffer>, add: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of body) {
    add(chunk.length);
    yield chunk;
  }
}

function recordOf({ method = "GET", url = "/", headers }: Incoming): Record_ {
  const [path = "/", query = ""] = url.split(/\?(.*)/s);
  const kept = Object.entries(headers).filter(([name]) => !CREDENTIALS.includes(name));
  return {
    method,
    path,
    query,
    headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])),
    startedAt: Date.now(),
    status: undefined,
    sentBytes: 0,
    receivedBytes: 0,
  };
}

/** The server behind cut us off, or the client left: nobody is to take a broken reply for a whole one. */
function destroy({ outgoing }: Exchange): void {
  if ("stream" in outgoing)
    outgoing.stream.close(2); // INTERNAL_ERROR
  else outgoing.destroy();
}
