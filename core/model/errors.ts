/**
 * Every way in which the product can fail, as one table: code → what to do next.
 *
 * The message of a Failure says what happened in the user's words, the hint what to type next. Codes are translated
 * once, where the trouble enters (kube and storage adapters, schemas at the edges); plugin/ui maps them to exit codes.
 * Trouble with one item is not a Failure but an outcome (restore.ts) or a kind record (backup.ts).
 */
const HINTS = {
  usage: "run the command with --help",
  "context-unknown": "kubectl config get-contexts lists the contexts",
  "kubeconfig-broken": "kubectl config view shows what kubectl reads",
  "credentials-failed": "kubectl auth whoami tests the same credentials",
  unauthorized: "the cluster does not accept these credentials (expired?): kubectl auth whoami",
  "cluster-forbidden": "kubectl backup rbac backup prints the rights that are needed",
  "cluster-unreachable": "kubectl cluster-info tests the same address",
  "cluster-timeout": "raise --request-timeout",
  "cluster-tls": "check certificate-authority in the kubeconfig",
  "cluster-error": "try again; with -v to see the request",
  "namespace-not-found": "kubectl get namespaces lists them",
  "kind-unknown": "kubectl api-resources lists the kinds",
  "object-not-found": "kubectl backup describe BACKUP lists what is inside",
  "backup-not-found": "kubectl backup get lists the backups",
  "restore-not-found": "kubectl backup restores lists them",
  "location-unknown": "kubectl backup location list shows the configured ones; a URL works too",
  "name-taken": "choose another name, or leave it out",
  refused: "",
  "confirmation-needed": "add --yes",
  "location-unreachable": "kubectl backup location check tests it step by step",
  "location-forbidden": "check the credentials and rights: kubectl backup location check",
  "location-missing": "create the bucket or folder first",
  "location-wrong-region": "put the right ?region= into the location's URL",
  "location-clock-skew": "set this machine's clock",
  "location-full": "make room, then run the same command again",
  "location-read-only": "use a location that can be written",
  "location-error": "kubectl backup location check tests it step by step",
  "key-exists": "",
  "key-absent": "",
  "backup-damaged": "kubectl backup get shows others; nothing was written to the cluster",
  "backup-unsupported": "a newer kubectl-backup can read it",
  "items-failed": "",
  timeout: "raise --timeout",
  interrupted: "",
  internal: "this is a defect in kubectl-backup; run with -v and report what it prints",
} as const satisfies Record<string, string>;

export type FailureCode = keyof typeof HINTS;

/** What the API server or the store said, kept for decisions (`reason`) and for -v. */
export interface ServerReply {
  readonly status: number;
  readonly reason: string;
  readonly retryAfterSeconds?: number | undefined;
}

export interface FailureFacts {
  /** Replaces the table's hint. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  /** Another attempt may succeed without anybody changing anything. */
  readonly retryable?: boolean | undefined;
  readonly reply?: ServerReply | undefined;
}

export class Failure extends Error {
  override readonly name = "Failure";
  readonly code: FailureCode;
  readonly hint: string;
  readonly retryable: boolean;
  readonly reply: ServerReply | undefined;

  constructor(code: FailureCode, message: string, facts: FailureFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.hint = facts.hint ?? HINTS[code];
    this.retryable = facts.retryable ?? false;
    this.reply = facts.reply;
  }
}

export function isFailure(error: unknown, code?: FailureCode): error is Failure {
  return error instanceof Failure && (code === undefined || error.code === code);
}

/** The message of whatever was thrown, for warnings and reports. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
