import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { Failure } from "#core/model/errors.ts";
import type { ExecEntry } from "./kubeconfig.ts";

export interface PluginRun {
  readonly env: NodeJS.ProcessEnv;
  readonly interactive: boolean;
  readonly signal: AbortSignal;
}

/** What the plugin printed. Its standard error is the user's: it may say there where to sign in. */
export async function runCredentialPlugin(entry: ExecEntry, run: PluginRun): Promise<string> {
  const child = spawn(entry.command, entry.args, {
    env: run.env,
    stdio: [run.interactive ? "inherit" : "ignore", "pipe", "inherit"],
    signal: run.signal,
    windowsHide: true,
  });
  try {
    const [printed, [code, killedBy]] = await Promise.all([text(child.stdout), once(child, "close")]);
    if (code === 0) return printed;
    const how = code === null ? `was ended by ${killedBy}` : `ended with exit code ${code}`;
    throw new Failure("credentials-failed", `credential plugin ${entry.command} ${how}`, {
      hint: "run the command of the kubeconfig's user by hand to see why",
    });
  } catch (cause) {
    run.signal.throwIfAborted();
    throw cause instanceof Failure ? cause : startFailure(entry, cause);
  }
}

function startFailure(entry: ExecEntry, cause: unknown): unknown {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === undefined) return cause;
  const missing = code === "ENOENT";
  const what = missing ? "was not found" : `cannot be started (${String(code)})`;
  return new Failure("credentials-failed", `credential plugin ${entry.command} ${what}`, {
    hint: missing ? (entry.installHint ?? "install it, or put its folder on PATH") : entry.installHint,
    cause,
  });
}
