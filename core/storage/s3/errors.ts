import { Failure, type FailureCode, isFailure, type ServerReply } from "#core/model/errors.ts";

/** Where it happened, for the message. */
export interface Place {
  readonly url: string;
  readonly bucket: string;
  readonly region?: string | undefined;
}

/** The few members of an SDK or socket error that are looked at; everything else stays unread (it may hold secrets). */
interface Thrown {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly Code?: unknown;
  readonly message?: unknown;
  readonly Region?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly clockSkewCorrected?: boolean };
  readonly $response?: { readonly statusCode?: number; readonly headers?: Record<string, string> };
}

interface Meaning {
  readonly code: FailureCode;
  readonly what: string;
  readonly retryable?: boolean;
  readonly hint?: string;
}

const CREDENTIALS_HINT =
  "give credentials as for the AWS CLI: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE or ?profile= in the URL, or a role";
const forbidden = (what: string): Meaning => ({ code: "location-forbidden", what });
const wrongRegion: Meaning = { code: "location-wrong-region", what: "the bucket is in another region" };
const skewed: Meaning = {
  code: "location-clock-skew",
  what: "this machine's clock differs too much from the store's",
};
const full: Meaning = { code: "location-full", what: "the store has no room left, or its quota is used up" };
const damaged: Meaning = {
  code: "location-error",
  what: "the bytes were damaged on the way",
  retryable: true,
};
const busy: Meaning = {
  code: "location-unreachable",
  what: "the store is overloaded or down",
  retryable: true,
};
const broken: Meaning = { code: "location-error", what: "the store failed", retryable: true };
const unreachable = (what: string): Meaning => ({ code: "location-unreachable", what, retryable: true });
const partial = unreachable("a reply came in part only");
const untrusted: Meaning = {
  code: "location-unreachable",
  what: "the store's certificate cannot be verified",
  hint: "put ?ca=/path/to/ca.pem into the location's URL",
};

/**
 * By the code that a store or the SDK gives. Sources: Amazon S3 API reference "Error responses"; MinIO's own codes
 * begin with XMinio; the SDK's own errors carry a name only.
 */
const BY_CODE: Readonly<Record<string, Meaning>> = {
  NoSuchBucket: { code: "location-missing", what: "the bucket does not exist" },
  AccessDenied: forbidden("access denied"),
  AllAccessDisabled: forbidden("access to the bucket is disabled"),
  InvalidAccessKeyId: forbidden("the store does not know the access key"),
  // versitygw's, with status 404.
  XAdminUserNotFound: forbidden("the store does not know the access key"),
  SignatureDoesNotMatch: forbidden("the secret key does not fit the access key"),
  ExpiredToken: forbidden("the credentials have expired"),
  ExpiredTokenException: forbidden("the credentials have expired"),
  InvalidToken: forbidden("the session token is not valid"),
  CredentialsProviderError: { ...forbidden("no usable credentials were found"), hint: CREDENTIALS_HINT },
  TokenProviderError: { ...forbidden("no usable login was found"), hint: CREDENTIALS_HINT },
  PermanentRedirect: wrongRegion,
  AuthorizationHeaderMalformed: wrongRegion,
  IllegalLocationConstraintException: wrongRegion,
  RequestTimeTooSkewed: skewed,
  RequestExpired: skewed,
  XMinioStorageFull: full,
  XMinioAdminBucketQuotaExceeded: full,
  QuotaExceeded: full,
  InsufficientStorage: full,
  BadDigest: damaged,
  IncompleteBody: damaged,
  XAmzContentSHA256Mismatch: damaged,
  SlowDown: busy,
  ServiceUnavailable: busy,
  Throttling: busy,
  ThrottlingException: busy,
  TooManyRequests: busy,
  InternalError: broken,
  RequestTimeout: unreachable("the store waited too long for our bytes"),
  ConditionalRequestConflict: {
    code: "location-error",
    what: "another write to the same key is under way",
    retryable: true,
  },
  OperationAborted: {
    code: "location-error",
    what: "another operation on the bucket is under way",
    retryable: true,
  },
  TimeoutError: unreachable("the store does not answer in time"),
  ECONNREFUSED: unreachable("nothing listens at the address"),
  ECONNRESET: unreachable("the connection was reset"),
  EPIPE: unreachable("the connection was closed"),
  ETIMEDOUT: unreachable("the store does not answer"),
  EHOSTUNREACH: unreachable("there is no route to the store"),
  ENETUNREACH: unreachable("there is no route to the store"),
  EAI_AGAIN: unreachable("the name server does not answer"),
  ENOTFOUND: { code: "location-unreachable", what: "the host name does not exist" },
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  ERR_TLS_CERT_ALTNAME_INVALID: { ...untrusted, what: "the store's certificate is for another name" },
  CERT_HAS_EXPIRED: { ...untrusted, what: "the store's certificate has expired" },
  EPROTO: {
    code: "location-unreachable",
    what: "the address does not speak TLS",
    hint: "try endpoint=http://…",
  },
};

const BY_STATUS: Readonly<Record<number, Meaning>> = {
  301: wrongRegion,
  401: forbidden("the store does not accept the credentials"),
  403: forbidden("access denied"),
  429: busy,
  500: broken,
  502: busy,
  503: busy,
  504: busy,
  507: full,
};

/** What the SDK threw, in the user's words. A Failure passes through. */
export function storeFailure(error: unknown, place: Place): Failure {
  if (error instanceof Failure) return error;
  // Read-only view of foreign data: every member is checked before use.
  const thrown: Thrown = typeof error === "object" && error !== null ? error : {};
  const status = thrown.$metadata?.httpStatusCode ?? thrown.$response?.statusCode ?? 0;
  const reason = reasonOf(thrown);
  const meaning =
    regionMissing(thrown) ?? BY_CODE[reason] ?? BY_STATUS[status] ?? unknown(status, reason, thrown);
  return new Failure(meaning.code, `${place.url}: ${meaning.what}${detail(status, reason)}`, {
    hint: hintOf(meaning, thrown),
    retryable: meaning.retryable === true || isClockLearned(status, reason, thrown),
    reply: replyOf(status, reason, thrown),
    // One line: what follows it may be what a credential command printed.
    cause: new Error(`${reason}: ${textOf(thrown.message).split("\n")[0]}`),
  });
}

/** Socket errors have a code, SDK errors a name; a reply that was no XML has only its status. */
function reasonOf({ code, Code, name }: Thrown): string {
  const known = [Code, code, name].find((value) => typeof value === "string" && value in BY_CODE);
  const first = known ?? [Code, code, name].find((value) => typeof value === "string" && value !== "Error");
  return textOf(first);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function detail(status: number, reason: string): string {
  const parts = [status === 0 ? "" : String(status), reason].filter((part) => part !== "");
  return parts.length === 0 ? "" : ` (${parts.join(" ")})`;
}

/** A reply without what every whole one has: an empty listing must not come from a line that was cut. */
export function brokenReply(url: string): Failure {
  return new Failure("location-unreachable", `${url}: ${partial.what}`, { retryable: true });
}

function unknown(status: number, reason: string, thrown: Thrown): Meaning {
  if (status >= 200 && status < 300) return partial;
  // Node's socket errors that are not in the table (a hang-up in mid-body is "aborted") have no status.
  const isTransport = status === 0 && typeof thrown.code === "string";
  const what = isTransport
    ? "the connection failed"
    : `the store refused: ${textOf(thrown.message) || reason}`;
  return {
    code: isTransport ? "location-unreachable" : "location-error",
    what,
    retryable: isTransport || (status >= 500 && status !== 501),
  };
}

/**
 * Refused for the time of its signature: from the refusal the SDK has taken the store's time, by which it signs the next
 * try. A HEAD is refused without a code, so that its 403 may mean this as well as anything else.
 */
function isClockLearned(status: number, reason: string, thrown: Thrown): boolean {
  const mayBeTheClock = BY_CODE[reason] === skewed || (status === 403 && !(reason in BY_CODE));
  return mayBeTheClock && thrown.$metadata?.clockSkewCorrected === true;
}

function regionMissing(thrown: Thrown): Meaning | undefined {
  if (!/region is missing/i.test(textOf(thrown.message))) return undefined;
  return { code: "location-wrong-region", what: "no region is known for the bucket" };
}

function hintOf(meaning: Meaning, thrown: Thrown): string | undefined {
  if (meaning.code === "location-wrong-region") return regionHint(thrown);
  const loginIsOver = /aws sso login/.test(textOf(thrown.message));
  return loginIsOver ? "run aws sso login with the same profile" : meaning.hint;
}

/** AWS tells the right region in the body, a header, or the message ("… expecting 'eu-west-1'"). */
function regionHint(thrown: Thrown): string | undefined {
  const expected = /expecting '([a-z0-9-]+)'/.exec(textOf(thrown.message))?.[1];
  const region = textOf(thrown.Region) || thrown.$response?.headers?.["x-amz-bucket-region"] || expected;
  return region === undefined ? undefined : `put ?region=${region} into the location's URL`;
}

function replyOf(status: number, reason: string, thrown: Thrown): ServerReply | undefined {
  if (status === 0) return undefined;
  const after = Number(thrown.$response?.headers?.["retry-after"]);
  return { status, reason, retryAfterSeconds: after >= 0 ? after : undefined };
}

export function statusOf(error: unknown): number | undefined {
  return error instanceof Failure ? error.reply?.status : undefined;
}

/** The key or the upload is not there; a missing bucket or user, told with the same status, is something else. */
export function isAbsent(error: unknown): boolean {
  return isFailure(error, "location-error") && error.reply?.status === 404;
}
