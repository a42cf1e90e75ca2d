import type { WriteReply } from "#core/kube/cluster.ts";
import { Failure, type FailureCode } from "#core/model/errors.ts";
import { parseWarnings } from "./warning-header.ts";
import type { IncomingReply } from "./wire.ts";

/** A reply of 400 and above, read once for all: the API server's Status, or the plain text of whoever stands before it. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly message: string;
  readonly causes: readonly string[];
  readonly retryAfterSeconds: number | undefined;
  /** 410 of a page: where to go on at the newest state. */
  readonly continueToken: string | undefined;
  readonly warnings: readonly string[];
}

/** A Status is small; of an error page that is not, the beginning tells enough. */
const MOST_BYTES = 256 * 1024;
const MOST_PLAIN_TEXT = 300;

export async function readRefusal(reply: IncomingReply): Promise<Refusal> {
  const text = await readBeginning(reply);
  return {
    ...describeStatus(parseStatus(text), { status: reply.status, text }),
    retryAfterSeconds: parseRetryAfter(reply.header("retry-after")),
    warnings: parseWarnings(reply.header("warning")),
  };
}

/** A Status object that came within an HTTP 200: the ERROR event of a watch. */
export function refusalOfStatus(object: Uint8Array): Refusal {
  const text = Buffer.from(object).toString("utf8");
  const status = parseStatus(text);
  const details = record(status?.["details"]);
  return {
    ...describeStatus(status, { status: Number(status?.["code"] ?? 500), text }),
    retryAfterSeconds:
      typeof details["retryAfterSeconds"] === "number" ? details["retryAfterSeconds"] : undefined,
    warnings: [],
  };
}

/** `what` says what was tried: "listing secrets". */
export function failureOf(refusal: Refusal, what: string): Failure {
  const { status, reason, message, retryAfterSeconds } = refusal;
  return new Failure(codeOf(status), `${what}: ${message}`, {
    hint: WANTS_TLS.test(message) ? "begin the cluster's server with https://" : undefined,
    retryable: status === 429 || status >= 502,
    reply: { status, reason, retryAfterSeconds },
  });
}

export function writeReplyOf(refusal: Refusal): WriteReply {
  const { status, reason, message, causes, retryAfterSeconds, warnings } = refusal;
  return { ok: false, status, reason, message, causes, retryAfterSeconds, warnings };
}

/** What Go's TLS servers, API servers among them, tell who does not begin with it. */
const WANTS_TLS = /HTTP request to an HTTPS server/;

function codeOf(status: number): FailureCode {
  if (status === 401) return "unauthorized";
  if (status === 403) return "cluster-forbidden";
  if (status === 404 || status === 405) return "kind-unknown";
  return "cluster-error";
}

function describeStatus(
  status: Readonly<Record<string, unknown>> | undefined,
  reply: { status: number; text: string },
): Omit<Refusal, "retryAfterSeconds" | "warnings"> {
  const details = record(status?.["details"]);
  const causes = Array.isArray(details["causes"]) ? details["causes"] : [];
  return {
    status: reply.status,
    reason: textOf(status?.["reason"]) ?? "",
    message: textOf(status?.["message"]) ?? plainText(reply),
    causes: causes.flatMap((cause) => textOf(record(cause)["reason"]) ?? []),
    continueToken: textOf(record(status?.["metadata"])["continue"]),
  };
}

function plainText({ status, text }: { status: number; text: string }): string {
  const line = text.trim().slice(0, MOST_PLAIN_TEXT).replace(/\s+/g, " ");
  return line === "" ? `the server answered ${status}` : `${line} (${status})`;
}

function parseStatus(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed = record(JSON.parse(text));
    return parsed["kind"] === "Status" ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  // Any object can be read as a record of unknowns.
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Seconds; the form with a date is not used by API servers. */
function parseRetryAfter(header: string | undefined): number | undefined {
  return header !== undefined && /^\d+$/.test(header.trim()) ? Number(header) : undefined;
}

async function readBeginning(reply: IncomingReply): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of reply.body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= MOST_BYTES) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}
