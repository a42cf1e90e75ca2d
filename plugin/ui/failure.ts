import { type FailureCode, isFailure } from "#core/model/errors.ts";
import type { App } from "#plugin/app.ts";
import type { ExitCode } from "#plugin/command.ts";
import { escapeControl } from "./table.ts";

/** Failure → message, hint, exit code. The only place where an error is shown. */
const EXIT_CODE: Record<FailureCode, ExitCode> = {
  usage: 2,
  "context-unknown": 2,
  "confirmation-needed": 2,
  "kind-unknown": 2,
  "location-unknown": 2,
  "items-failed": 3,
  "namespace-not-found": 4,
  "object-not-found": 4,
  "backup-not-found": 4,
  "restore-not-found": 4,
  "name-taken": 5,
  refused: 5,
  "kubeconfig-broken": 6,
  "credentials-failed": 6,
  unauthorized: 6,
  "cluster-forbidden": 6,
  "cluster-unreachable": 6,
  "cluster-timeout": 6,
  "cluster-tls": 6,
  "cluster-error": 6,
  "location-unreachable": 7,
  "location-forbidden": 7,
  "location-missing": 7,
  "location-wrong-region": 7,
  "location-clock-skew": 7,
  "location-full": 7,
  "location-read-only": 7,
  "location-error": 7,
  "key-exists": 7,
  "key-absent": 8,
  "backup-damaged": 8,
  "backup-unsupported": 8,
  timeout: 1,
  internal: 1,
  interrupted: 130,
};

export function exitCodeOf(error: unknown, signal: AbortSignal): ExitCode {
  if (signal.aborted) return 130;
  return isFailure(error) ? EXIT_CODE[error.code] : 1;
}

export interface FailureStyle {
  readonly json: boolean;
  readonly verbose: boolean;
  /** Makes what a hint suggests work as it is pasted. */
  readonly complete?: (hint: string) => string;
}

/** On stderr: `error: …` and `hint: …`, or one JSON object with -o json. A defect shows its stack. */
export function showFailure(error: unknown, app: App, style: FailureStyle): ExitCode {
  const exitCode = exitCodeOf(error, app.signal);
  app.stderr.write(style.json ? failureJson(error, exitCode, style) : failureText(error, exitCode, style));
  return exitCode;
}

function failureText(error: unknown, exitCode: ExitCode, style: FailureStyle): string {
  if (exitCode === 130) return `${isFailure(error, "interrupted") ? error.message : "interrupted"}\n`;
  if (!isFailure(error)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `error: this is a defect in kubectl-backup:\n${stack}\n`;
  }
  const hint = error.hint === "" ? "" : `hint: ${escapeLines(style.complete?.(error.hint) ?? error.hint)}\n`;
  return `error: ${escapeLines(error.message)}\n${hint}${style.verbose ? causes(error) : ""}`;
}

/** Line breaks that we wrote ourselves stay; what came from outside cannot smuggle control characters in. */
function escapeLines(text: string): string {
  return text.split("\n").map(escapeControl).join("\n");
}

function causes(error: Error): string {
  let text = "";
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) {
    text += `caused by: ${escapeControl(cause.message)}\n`;
  }
  return text;
}

function failureJson(error: unknown, exitCode: ExitCode, { complete }: FailureStyle): string {
  const failure = isFailure(error)
    ? { code: error.code, hint: complete?.(error.hint) ?? error.hint }
    : { code: "internal", hint: "" };
  const message = error instanceof Error ? error.message : String(error);
  return `${JSON.stringify({ error: { ...failure, message, exitCode } })}\n`;
}
