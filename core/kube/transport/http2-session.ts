import { type ClientHttp2Session, connect, constants } from "node:http2";
import type { Duplex } from "node:stream";
import { BrokenExchange } from "./wire.ts";

/**
 * What the server may send of one reply before we have read it: enough for 20 MB/s over a round trip of 50 ms (the
 * default of 64 KiB: 1.3 MB/s), and all that a reader who waits for a slow store ever holds for each of its lists. The
 * connection's own window only has to be out of the way.
 */
const STREAM_WINDOW = 1024 * 1024;
const CONNECTION_WINDOW = 64 * 1024 * 1024;
/** Go servers allow 100 to 250 requests at once; before they have said so, this many are safe. */
const DEFAULT_STREAMS = 100;
/** As client-go: a connection that has not answered a ping for 15 s is dead. */
const PING_EVERY_MS = 30_000;
const PING_TIMEOUT_MS = 15_000;

/** One HTTP/2 connection, watched over. */
export interface Http2Line {
  readonly session: ClientHttp2Session;
  /** What it was made with: another one means that it is to be replaced. */
  readonly identity: unknown;
  /** Requests that run on it. */
  running: number;
}

export async function openLine(origin: string, socket: Duplex, identity: unknown): Promise<Http2Line> {
  const session = connect(origin, {
    createConnection: () => socket,
    settings: { enablePush: false, initialWindowSize: STREAM_WINDOW, maxFrameSize: 256 * 1024 },
  });
  // Trouble reaches the requests that run on the session; without a listener it would end the process.
  session.on("error", () => undefined);
  try {
    await connected(session, socket);
    session.setLocalWindowSize(CONNECTION_WINDOW);
  } catch (cause) {
    session.destroy();
    // Whatever broke it, no request was on it yet.
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new BrokenExchange(message, { sent: "never", dialling: true, cause });
  }
  watchOver(session);
  return { session, identity, running: 0 };
}

/** The socket may go between its handshake and the session's start, with an error or without one. */
function connected(session: ClientHttp2Session, socket: Duplex): Promise<void> {
  return new Promise((resolve, reject) => {
    const gone = () => reject(new Error("the server closed the connection"));
    session.once("error", reject);
    session.once("close", gone);
    session.once("connect", () => {
      session.off("error", reject);
      session.off("close", gone);
      if (session.destroyed || socket.destroyed) gone();
      else resolve();
    });
  });
}

/** After a GOAWAY `closed` is true: what runs goes on to its end, new requests need another connection. */
export function hasRoom(line: Http2Line): boolean {
  const { session } = line;
  if (session.closed || session.destroyed) return false;
  return line.running < (session.remoteSettings.maxConcurrentStreams ?? DEFAULT_STREAMS);
}

function watchOver(session: ClientHttp2Session): void {
  let deadline: NodeJS.Timeout | undefined;
  const ping = () => {
    if (session.destroyed || deadline !== undefined) return;
    deadline = setTimeout(
      () => session.destroy(new Error("no answer to a ping"), constants.NGHTTP2_CANCEL),
      PING_TIMEOUT_MS,
    );
    deadline.unref();
    session.ping(() => {
      clearTimeout(deadline);
      deadline = undefined;
    });
  };
  const timer = setInterval(ping, PING_EVERY_MS);
  timer.unref();
  session.once("close", () => {
    clearInterval(timer);
    clearTimeout(deadline);
  });
}
