import { constants } from "node:http2";
import type { ClusterAccess, ClusterTls } from "#core/kube/access/access.ts";
import { dial } from "./dial.ts";
import { http1Connection } from "./http1-connection.ts";
import { exchangeOverHttp2 } from "./http2-exchange.ts";
import { type Http2Line, hasRoom, openLine } from "./http2-session.ts";
import { BrokenExchange, type Connection, type WireReply, type WireRequest } from "./wire.ts";

/**
 * The pool: one HTTP/2 connection for everything, another one when it has no room, is going away, or the TLS material
 * changed; HTTP/1.1 where the server offers nothing better. A request is sent once; who may send it again decides.
 */
export function connectServer(access: ClusterAccess): Connection {
  return new ServerConnection(access);
}

class ServerConnection implements Connection {
  readonly #access: ClusterAccess;
  #lines: Http2Line[] = [];
  #opening: Promise<void> | undefined;
  #http1: { readonly connection: Connection; readonly tls: ClusterTls } | undefined;
  readonly #closing = new AbortController();

  constructor(access: ClusterAccess) {
    this.#access = access;
  }

  async exchange(request: WireRequest): Promise<WireReply> {
    const tls = await this.#access.tls(request.signal);
    for (;;) {
      request.signal.throwIfAborted();
      if (this.#closing.signal.aborted)
        throw new BrokenExchange("the connection was closed", { sent: "never" });
      if (this.#http1 !== undefined) return this.#overHttp1(tls).exchange(request);
      const line = this.#usableLine(tls);
      if (line !== undefined) return exchangeOverHttp2(line, request);
      this.#opening ??= this.#open(tls).finally(() => {
        this.#opening = undefined;
      });
      await orAborted(this.#opening, request.signal);
    }
  }

  close(): void {
    this.#closing.abort(new BrokenExchange("the connection was closed", { sent: "never" }));
    // Without an error, streams would end as if their replies had.
    const cut = new BrokenExchange("the connection was closed", { sent: "maybe" });
    for (const { session } of this.#lines) session.destroy(cut, constants.NGHTTP2_CANCEL);
    this.#http1?.connection.close();
  }

  #usableLine(tls: ClusterTls): Http2Line | undefined {
    for (const { session, identity } of this.#lines) if (identity !== tls) session.close();
    this.#lines = this.#lines.filter(({ session }) => !session.destroyed);
    return this.#lines.find(hasRoom);
  }

  async #open(tls: ClusterTls): Promise<void> {
    const { socket, protocol } = await dial(this.#access, tls, {
      offered: ["h2", "http/1.1"],
      closing: this.#closing.signal,
    });
    if (protocol === "h2") {
      this.#lines.push(await openLine(this.#access.server.origin, socket, tls));
    } else {
      socket.destroy();
      this.#overHttp1(tls);
    }
    if (this.#closing.signal.aborted) this.close();
  }

  #overHttp1(tls: ClusterTls): Connection {
    if (this.#http1?.tls === tls) return this.#http1.connection;
    const access = this.#access;
    const closing = this.#closing.signal;
    const connection = http1Connection({
      host: access.server.host,
      dial: async () => (await dial(access, tls, { offered: ["http/1.1"], closing })).socket,
    });
    this.#http1 = { connection, tls };
    return connection;
  }
}

/** Several requests wait for one connection; each may be cancelled by itself. */
function orAborted(opening: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    opening.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
