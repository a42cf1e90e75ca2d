// What a faulty proxy can do to a request, as plain data.
import { setTimeout as sleep } from "node:timers/promises";

/** A request as the proxy saw it. Credentials are left out of the headers. */
export type RecordedRequest = {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly startedAt: number;
  /** Of the reply sent on; undefined as long as there is none, and for ever when the fault was to send none. */
  readonly status: number | undefined;
  /** Bytes of the request's body, and of the reply's, that went through. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
};

export type Fault =
  /** Answers in the server's place; the server hears nothing of it. */
  | {
      readonly reply: {
        readonly status: number;
        readonly headers?: Readonly<Record<string, string>>;
        readonly body?: string;
      };
    }
  /** Lets the request wait before it goes on. */
  | { readonly delayMs: number }
  /** Lets the request wait until then. */
  | { readonly heldUntil: Promise<void> }
  /** The server gets the whole request so much later, and does its work even though the client may have left. */
  | { readonly lateMs: number }
  /**
   * Ends in the middle of the reply's body, after this many of its bytes: the connection closed in order (fin), reset
   * (rst), or (HTTP/2 only) the one stream reset (stream).
   */
  | { readonly cutAfterBytes: number; readonly how: "fin" | "rst" | "stream" }
  /** The server does its work, then the connection is reset instead of the reply. */
  | { readonly dropReply: true }
  /** The server does its work; its reply (whose status is recorded at once) waits before it goes on. */
  | { readonly holdReplyMs: number }
  /** The reply ends in order after this many bytes, and says so in its Content-Length: a short read. */
  | { readonly truncateTo: number }
  /** The server's clock seems to be so much later. */
  | { readonly shiftDateMs: number }
  /** The header does not reach the server; requests to S3 are signed anew. */
  | { readonly stripHeader: string }
  /** Both directions share this many bytes a second. */
  | { readonly bytesPerSecond: number }
  /** HTTP/2: tells the client, after this reply began, to open no more streams on this connection. */
  | { readonly goAway: true };

export type Rule = {
  readonly when: (request: RecordedRequest) => boolean;
  /** Skip so many matching requests first. */
  readonly after?: number;
  /** Then strike so many times; for ever when absent. */
  readonly times?: number;
  readonly fault: Fault;
};

/** The rules in force and how often each has matched. Several can strike one request. */
export class FaultScript {
  readonly #rules: { readonly rule: Rule; matched: number }[] = [];

  /** Adds a rule; the function returned takes it away again. */
  add(rule: Rule): () => void {
    const entry = { rule, matched: 0 };
    this.#rules.push(entry);
    return () => {
      const index = this.#rules.indexOf(entry);
      if (index >= 0) this.#rules.splice(index, 1);
    };
  }

  clear(): void {
    this.#rules.length = 0;
  }

  /** The faults for this request, which counts as seen. */
  strike(request: RecordedRequest): readonly Fault[] {
    const faults: Fault[] = [];
    for (const entry of this.#rules) {
      const { when, after = 0, times = Number.POSITIVE_INFINITY, fault } = entry.rule;
      if (!when(request)) continue;
      entry.matched += 1;
      if (entry.matched > after && entry.matched <= after + times) faults.push(fault);
    }
    return faults;
  }
}

/** What comes before the request goes on. */
export async function waitAsTold(fault: Fault): Promise<void> {
  if ("delayMs" in fault) await sleep(fault.delayMs);
  if ("heldUntil" in fault) await fault.heldUntil;
}

/** "Too many requests", as the API server and S3 say it. */
export function tooManyRequests(retryAfterSeconds: number): Fault {
  const headers = { "retry-after": String(retryAfterSeconds), "content-type": "text/plain" };
  return { reply: { status: 429, headers, body: "Too many requests, please try again later.\n" } };
}

/** A plain failure of the server. */
export function serverError(status: 500 | 502 | 503 | 504 | 507): Fault {
  return { reply: { status, headers: { "content-type": "text/plain" }, body: `failure ${status}\n` } };
}

/** Is this a completion of a multipart upload? */
export function isUploadCompletion({ method, query }: RecordedRequest): boolean {
  return method === "POST" && /(^|&)uploadId=/.test(query);
}

/** Does this begin a multipart upload? */
export function isUploadCreation({ method, query }: RecordedRequest): boolean {
  return method === "POST" && /(^|&)uploads(=|&|$)/.test(query);
}

/** Is this a put of a whole object (no part of an upload)? */
export function isObjectPut({ method, query }: RecordedRequest): boolean {
  return method === "PUT" && !/(^|&)partNumber=/.test(query);
}

/** Stores with Object Lock refuse a put that carries no digest. */
export const REFUSE_PUT_WITHOUT_CHECKSUM: Rule = {
  when: ({ method, headers }) =>
    method === "PUT" &&
    !Object.keys(headers).some((name) => name === "content-md5" || /^x-amz-(checksum-|trailer)/.test(name)),
  fault: {
    reply: {
      status: 400,
      headers: { "content-type": "application/xml" },
      body: "<Error><Code>InvalidRequest</Code><Message>Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters</Message></Error>",
    },
  },
};

/** A store that overwrites in spite of `If-None-Match: *`: on any put, or on completions of multipart uploads only. */
export function ignoreIfNoneMatch(where: "put" | "completion"): Rule {
  return {
    when: where === "put" ? isObjectPut : isUploadCompletion,
    fault: { stripHeader: "if-none-match" },
  };
}
