import type { AccessHeaders } from "#core/kube/access/access.ts";

/** What goes over one connection, and what comes back: the two protocols look the same from here on. */
export interface WireRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With the server's base path and the query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: AccessHeaders;
  readonly body?: Uint8Array | undefined;
  readonly signal: AbortSignal;
}

/** A reply whose head has come. */
export interface IncomingReply {
  readonly status: number;
  /** Names in lower case; a header that came several times is joined by commas. */
  header(name: string): string | undefined;
  /**
   * May be read once. Breaking off gives the request up; an end before the server's end throws BrokenExchange. Reading
   * slowly slows the server down: no more than one flow control window waits here.
   */
  readonly body: AsyncIterable<Uint8Array>;
  /** Gives up a body that nobody will read. */
  discard(): void;
}

export interface WireReply extends IncomingReply {
  /** The whole body at once, instead of `body`: for what is small, in fewer turns of the event loop. Throws as that does. */
  whole(): Promise<Uint8Array>;
}

export interface Connection {
  exchange(request: WireRequest): Promise<WireReply>;
  close(): void;
}

/** The connection broke, was refused, or ended early; translated once, in unreachable.ts. */
export class BrokenExchange extends Error {
  override readonly name = "BrokenExchange";
  /** never: the server cannot have seen the request, so it may be sent again whatever it is. */
  readonly sent: "never" | "maybe";
  /** No connection came about at all. */
  readonly dialling: boolean;

  constructor(message: string, facts: { sent: "never" | "maybe"; dialling?: boolean; cause?: unknown }) {
    super(message, { cause: facts.cause });
    this.sent = facts.sent;
    this.dialling = facts.dialling ?? false;
  }
}
