import { Failure } from "#core/model/errors.ts";
import type { FreshCredential } from "./credential.ts";
import { bearer } from "./header.ts";
import type { ExecEntry } from "./kubeconfig.ts";

/** A request that leaves just before the end may arrive after it. */
const MARGIN_MS = 60_000;

/** Nothing of what was printed goes into an error: it may be a token. */
export function readExecAnswer(printed: string, entry: ExecEntry, now: number): FreshCredential {
  const complain = (problem: string): never => {
    throw new Failure("credentials-failed", `credential plugin ${entry.command} ${problem}`);
  };
  const answer = mapping(parsed(printed)) ?? complain("printed no ExecCredential");
  if (answer["kind"] !== "ExecCredential") complain("printed no ExecCredential");
  if (answer["apiVersion"] !== entry.apiVersion) {
    complain(`answers in another version than ${entry.apiVersion}, which the kubeconfig asks for`);
  }
  const status = mapping(answer["status"]) ?? complain("printed no status");
  const token = textOf(status["token"]);
  const cert = textOf(status["clientCertificateData"]);
  const key = textOf(status["clientKeyData"]);
  if ((cert === undefined) !== (key === undefined))
    complain("printed a certificate without key, or the reverse");
  if (token === undefined && cert === undefined) complain("printed neither a token nor a certificate");
  const until = expiryOf(status["expirationTimestamp"]) ?? complain("printed an expiry that is no time");
  return {
    credential: { authorization: token === undefined ? undefined : bearer(token), cert, key },
    staleAt: staleAt(until, now),
  };
}

/** What ends within the margin is used to its end: to ask before every request would not make it live longer. */
function staleAt(until: number, now: number): number {
  return until - MARGIN_MS > now ? until - MARGIN_MS : until;
}

function expiryOf(written: unknown): number | undefined {
  if (written === undefined || written === null) return Number.POSITIVE_INFINITY;
  const time = typeof written === "string" ? Date.parse(written) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function parsed(printed: string): unknown {
  try {
    return JSON.parse(printed);
  } catch {
    return undefined;
  }
}

function mapping(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  // An object that is neither null nor a list: a JSON mapping.
  return value as Record<string, unknown>;
}
