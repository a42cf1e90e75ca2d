/**
 * core/kube: one cluster as one user, in raw bytes. What the API server sent reaches the caller as slices of its own
 * bytes, never parsed and written again; trouble becomes a Failure or a WriteReply here and nowhere else. It must not
 * know backups, restores or what the objects mean.
 *
 * This file: one request, sent again as often as that is safe. Below it wire.ts hides the two protocols, above it
 * lists.ts, discovery.ts and objects.ts know URLs.
 */
import { retrying } from "#core/flow/retry.ts";
import type { AccessHeaders, ClusterAccess } from "#core/kube/access/access.ts";
import { Failure } from "#core/model/errors.ts";
import { dial } from "./dial.ts";
import { type Refusal, readRefusal } from "./refusal.ts";
import { ServerClock } from "./server-clock.ts";
import { connectServer } from "./server-connection.ts";
import { unreachable } from "./unreachable.ts";
import { type OpenSocket, openWebSocket, type SocketRequest } from "./web-socket.ts";
import {
  BrokenExchange,
  type Connection,
  type IncomingReply,
  type WireReply,
  type WireRequest,
} from "./wire.ts";

export interface ApiRequest {
  readonly method: WireRequest["method"];
  /** From /api or /apis on, encoded, with its query. */
  readonly path: string;
  readonly accept?: string | undefined;
  readonly contentType?: string | undefined;
  readonly body?: Uint8Array | undefined;
  /** Sending it twice does no harm. Others are sent again only when the server asked for it or cannot have seen it. */
  readonly repeatable: boolean;
  /** Where the default would wait too long for something that one can do without. */
  readonly attempts?: number | undefined;
  /** Refusals after which the caller goes another way at once instead of waiting as the server asks. */
  readonly isFinal?: ((refusal: Refusal) => boolean) | undefined;
  /** Called for each time it is sent. */
  readonly onSend?: (() => void) | undefined;
  readonly signal: AbortSignal;
}

/** A refusal has been read already; of a success the caller reads the body or discards it. */
export type ApiReply =
  | { readonly ok: true; readonly reply: WireReply }
  | { readonly ok: false; readonly refusal: Refusal };

export type SocketReply =
  | { readonly ok: true; readonly socket: OpenSocket }
  | { readonly ok: false; readonly refusal: Refusal };

export interface TransportOptions {
  readonly userAgent: string;
  /** How long one request may wait for the head of its reply (--request-timeout); absent or 0: as long as it takes. */
  readonly requestTimeoutSeconds?: number | undefined;
  /** Told of each wait before another attempt. */
  readonly onNote?: ((text: string) => void) | undefined;
  /** Told of each request as it is sent: its method and path, nothing secret. */
  readonly onRequest?: ((text: string) => void) | undefined;
}

export interface Transport {
  readonly clock: ServerClock;
  send(request: ApiRequest): Promise<ApiReply>;
  /** A WebSocket on a connection of its own. Asked for again only where the server cannot have seen it. */
  openSocket(request: SocketRequest): Promise<SocketReply>;
  /** What broke while a body was read, in the user's words. */
  translate(error: unknown): unknown;
  close(): void;
}

/** Retry-After of an API server is a few seconds; in all a request is tried for two minutes. */
const DEADLINE_MS = 120_000;

export function openTransport(access: ClusterAccess, options: TransportOptions): Transport {
  const connection = connectServer(access);
  const clock = new ServerClock();
  const state: State = { access, options, connection, clock, reached: false, closed: false };
  return {
    clock,
    send: (request) => sendRetrying(state, request),
    openSocket: (request) => openSocketRetrying(state, request),
    translate: (error) => (error instanceof BrokenExchange ? unreachable(error, access.server) : error),
    close: () => {
      state.closed = true;
      connection.close();
    },
  };
}

interface State {
  readonly access: ClusterAccess;
  readonly options: TransportOptions;
  readonly connection: Connection;
  readonly clock: ServerClock;
  /** Some reply has come; before that a refused connection is a wrong address, not a passing trouble. */
  reached: boolean;
  /** What breaks from now on was broken off by us: nobody waits for it. */
  closed: boolean;
}

/** Carries a refusal through the retries. */
class Refused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

function sendRetrying(state: State, request: ApiRequest): Promise<ApiReply> {
  return orRefusal(state, () =>
    retrying(() => attempt(state, request), {
      ...retryRules(state, `${request.method} ${request.path}`),
      signal: request.signal,
      attempts: request.attempts,
      isRetryable: (error) =>
        !state.closed && !isFinal(error, request) && mayRepeat(error, request.repeatable, state.reached),
    }),
  );
}

function openSocketRetrying(state: State, request: SocketRequest): Promise<SocketReply> {
  return orRefusal(state, () =>
    retrying(() => attemptSocket(state, request), {
      ...retryRules(state, `GET ${pathOf(request)}`),
      signal: request.signal,
      isRetryable: (error) => !state.closed && mayRepeat(error, false, state.reached),
    }),
  );
}

function retryRules({ options }: State, what: string) {
  return {
    deadlineMs: DEADLINE_MS,
    retryAfterSeconds: (error: unknown) =>
      error instanceof Refused ? error.refusal.retryAfterSeconds : undefined,
    onRetry: ({ error, delayMs }: { readonly error: unknown; readonly delayMs: number }) =>
      options.onNote?.(`${what}: ${reasonOf(error)}; again in ${Math.round(delayMs)} ms`),
  };
}

async function orRefusal<T>(
  state: State,
  send: () => Promise<T>,
): Promise<T | { readonly ok: false; readonly refusal: Refusal }> {
  try {
    return await send();
  } catch (error) {
    if (error instanceof Refused) return { ok: false, refusal: error.refusal };
    if (error instanceof BrokenExchange) throw unreachable(error, state.access.server);
    throw error;
  }
}

function isFinal(error: unknown, request: ApiRequest): boolean {
  return error instanceof Refused && request.isFinal?.(error.refusal) === true;
}

/** A server that says Retry-After has not begun with the request (API Priority and Fairness, client-go's rule). */
function mayRepeat(error: unknown, repeatable: boolean, reached: boolean): boolean {
  if (error instanceof BrokenExchange) return error.dialling ? reached : repeatable || error.sent === "never";
  if (!(error instanceof Refused)) return false;
  const { status, retryAfterSeconds } = error.refusal;
  if (retryAfterSeconds !== undefined && (status === 429 || status >= 500)) return true;
  return repeatable && [429, 502, 503, 504].includes(status);
}

function reasonOf(error: unknown): string {
  return error instanceof Refused
    ? `${error.refusal.status} ${error.refusal.message}`
    : String((error as Error).message);
}

async function attempt(state: State, request: ApiRequest): Promise<ApiReply> {
  const reply = await withCredentials(state, (headers) => exchange(state, request, headers), request.signal);
  return { ok: true, reply };
}

async function attemptSocket(state: State, request: SocketRequest): Promise<SocketReply> {
  const opened = await withCredentials(state, (headers) => upgrade(state, request, headers), request.signal);
  // Some page of whoever stands before the server.
  if ("status" in opened) throw new Refused(await readRefusal(opened));
  return { ok: true, socket: opened };
}

/** A second time after a 401, where the credentials can be renewed. */
async function withCredentials<T extends OpenSocket | IncomingReply>(
  { access }: State,
  send: (headers: AccessHeaders) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const headers = await access.headers(signal);
  const first = await send(headers);
  if (!isRefused(first)) return first;
  const refusal = await readRefusal(first);
  if (first.status !== 401 || !(await access.renew(headers, signal))) throw new Refused(refusal);
  const second = await send(await access.headers(signal));
  if (!isRefused(second)) return second;
  throw new Refused(await readRefusal(second));
}

function isRefused(reply: OpenSocket | IncomingReply): reply is IncomingReply {
  return "status" in reply && reply.status >= 400;
}

async function exchange(state: State, request: ApiRequest, headers: AccessHeaders): Promise<WireReply> {
  const { server } = state.access;
  const { method, path, body, accept, contentType } = request;
  request.onSend?.();
  state.options.onRequest?.(`${method} ${path}`);
  const limit = timeLimit(state.options.requestTimeoutSeconds, request.signal);
  try {
    const reply = await state.connection.exchange({
      method,
      path: `${server.pathname.replace(/\/$/, "")}${path}`,
      headers: {
        accept: accept ?? "application/json",
        "user-agent": state.options.userAgent,
        ...(contentType === undefined ? {} : { "content-type": contentType }),
        ...headers,
      },
      body,
      signal: limit.signal,
    });
    state.reached = true;
    state.clock.note(reply.header("date"));
    return reply;
  } catch (error) {
    if (!limit.expired()) throw error;
    throw new Failure("cluster-timeout", `${method} ${path}: no answer in time`);
  } finally {
    limit.clear();
  }
}

/** Always HTTP/1.1: not every API server takes WebSockets over HTTP/2. Its query may hold anything: it is not told. */
async function upgrade(
  state: State,
  request: SocketRequest,
  headers: AccessHeaders,
): Promise<OpenSocket | IncomingReply> {
  const { access, options } = state;
  options.onRequest?.(`GET ${pathOf(request)}`);
  const { signal } = request;
  const { socket } = await dial(access, await access.tls(signal), { offered: ["http/1.1"], closing: signal });
  const path = `${access.server.pathname.replace(/\/$/, "")}${request.path}`;
  return openWebSocket(
    { ...request, path },
    {
      socket,
      host: access.server.host,
      headers: { "user-agent": options.userAgent, ...headers },
    },
  );
}

function pathOf({ path }: SocketRequest): string {
  return path.replace(/\?.*$/s, "");
}

interface TimeLimit {
  readonly signal: AbortSignal;
  expired(): boolean;
  clear(): void;
}

function timeLimit(seconds: number | undefined, outer: AbortSignal): TimeLimit {
  if (seconds === undefined || seconds === 0)
    return { signal: outer, expired: () => false, clear: () => undefined };
  const timer = new AbortController();
  const handle = setTimeout(() => timer.abort(), seconds * 1000);
  return {
    signal: AbortSignal.any([outer, timer.signal]),
    expired: () => timer.signal.aborted && !outer.aborted,
    clear: () => clearTimeout(handle),
  };
}
