import { isDeepStrictEqual } from "node:util";
import { Failure } from "#core/model/errors.ts";
import type { ProviderAnswer } from "./client-node-auth.ts";
import { type CredentialSource, type FreshCredential, renewingCredential } from "./credential.ts";
import type { AuthProviderEntry } from "./kubeconfig.ts";

type Settings = Readonly<Record<string, string>>;
export type AskProvider = (entry: Pick<AuthProviderEntry, "name" | "config">) => Promise<ProviderAnswer>;

/** Not a token: makes the library fetch one instead of using what it has. */
const NO_TOKEN = "none";
const MARGIN_MS = 60_000;
const TOKENS = ["id-token", "refresh-token"];

/** The old auth-provider entries of a kubeconfig. What was refreshed goes back into the file, as kubectl does. */
export function authProviderCredential(
  entry: AuthProviderEntry,
  now: () => number,
  ask: AskProvider = askLibrary,
): CredentialSource {
  let settings: Settings = entry.config;
  return renewingCredential(async ({ rejected }) => {
    const useless = rejected !== undefined || isOver(settings["id-token"], now());
    const config = useless && settings["refresh-token"] ? { ...settings, "id-token": NO_TOKEN } : settings;
    const answer = await ask({ name: entry.name, config }).catch((error: unknown) => {
      throw providerFailure(entry, oauthCode(error));
    });
    const { authorization } = answer;
    if (authorization === undefined) throw providerFailure(entry, "");
    const before = settings;
    settings = merged(settings, answer.config);
    if (entry.name === "oidc") await keep(entry, before, settings);
    return fresh(authorization, now());
  }, now);
}

async function askLibrary(entry: Pick<AuthProviderEntry, "name" | "config">): Promise<ProviderAnswer> {
  const { askAuthProvider } = await import("./client-node-auth.ts");
  return await askAuthProvider(entry);
}

/** A provider that rotates nothing sends no new refresh token: the old one stays. */
function merged(before: Settings, after: ProviderAnswer["config"]): Settings {
  const said = Object.entries(after).filter((pair): pair is [string, string] => typeof pair[1] === "string");
  return { ...before, ...Object.fromEntries(said) };
}

async function keep(entry: AuthProviderEntry, before: Settings, after: Settings): Promise<void> {
  const tokens = Object.fromEntries(TOKENS.map((name) => [name, after[name]]));
  if (isDeepStrictEqual(tokens, Object.fromEntries(TOKENS.map((name) => [name, before[name]])))) return;
  const { writeProviderTokens } = await import("./kubeconfig-write-back.ts");
  try {
    await writeProviderTokens(entry.origin, tokens);
  } catch (cause) {
    // An id token is only saved time. A refresh token that was replaced and is not kept locks the user out later.
    if (after["refresh-token"] === before["refresh-token"]) return;
    throw new Failure("credentials-failed", `the new refresh token cannot be kept in ${entry.origin.file}`, {
      hint: "make the file writable and sign in again",
      cause,
    });
  }
}

/** The library's own messages may quote what a helper printed, so only OAuth's or the system's code is told. */
function oauthCode(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const code = "error" in error ? error.error : "code" in error ? error.code : undefined;
  return typeof code === "string" && /^\w{1,40}$/.test(code) ? ` (${code})` : "";
}

function providerFailure(entry: AuthProviderEntry, detail: string): Failure {
  return new Failure(
    "credentials-failed",
    `the auth-provider "${entry.name}" gives no credentials${detail}`,
    {
      hint: "sign in again with the tool that made the kubeconfig",
    },
  );
}

function fresh(authorization: string, now: number): FreshCredential {
  const until = expiryOf(authorization.replace(/^Bearer /, ""));
  // Access tokens of the other providers are opaque: ask again after a while, the library looks at its own expiry.
  if (until === undefined) return { credential: { authorization }, staleAt: now + MARGIN_MS };
  return { credential: { authorization }, staleAt: Math.max(until - MARGIN_MS, now + 1) };
}

function isOver(token: string | undefined, now: number): boolean {
  const until = token === undefined ? undefined : expiryOf(token);
  return until === undefined || until - MARGIN_MS <= now;
}

/** The `exp` of a JWT (RFC 7519), in milliseconds. */
function expiryOf(token: string): number | undefined {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    const exp = typeof claims === "object" && claims !== null && "exp" in claims ? claims.exp : undefined;
    return typeof exp === "number" ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
