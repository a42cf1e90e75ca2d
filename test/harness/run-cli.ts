import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { scratchDirectory } from "./scratch.ts";

/** KUBECTL_BACKUP names another build of it, like a released executable. */
export const CLI_PATH =
  process.env["KUBECTL_BACKUP"] ?? join(import.meta.dirname, "../../build/kubectl-backup");

export type CliOptions = {
  readonly kubeconfig?: string;
  /** Added to an otherwise empty environment (PATH, HOME and XDG folders apart). */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly cwd?: string;
  /** HOME; a fresh folder, removed at the end, unless given. XDG folders lie in it. */
  readonly home?: string;
  /** Instead of build/kubectl-backup. */
  readonly command?: string;
};

export type CliResult = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
};

export type RunningCli = {
  readonly pid: number;
  /** Resolves with the first line of stdout or stderr that matches, past or future; throws if the end comes first. */
  waitForLine(pattern: RegExp): Promise<string>;
  signal(signal: NodeJS.Signals): void;
  readonly result: Promise<CliResult>;
};

/** Runs the built program to its end; an exit code other than 0 is an answer, not an error. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return (await startCli(args, options)).result;
}

/** Starts the built program and leaves it running: to be signalled or killed at a chosen moment. */
export async function startCli(args: readonly string[], options: CliOptions = {}): Promise<RunningCli> {
  const command = options.command ?? CLI_PATH;
  if (!existsSync(command)) throw new Error(`${command} is missing; build it with: make build`);
  const scratch = options.home === undefined ? await scratchDirectory("home") : undefined;
  const home = options.home ?? scratch?.path ?? "";
  const startedAt = performance.now();
  const child = spawn(command, [...args], { cwd: options.cwd ?? home, env: environmentOf(home, options) });
  child.stdin.on("error", () => undefined).end(options.stdin ?? "");
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
    });
  }
  const result = ended(child).then(async (end) => {
    await scratch?.remove();
    return { ...end, ...output, durationMs: performance.now() - startedAt };
  });
  return {
    pid: child.pid ?? 0,
    waitForLine: (pattern) => waitForLine(child, output, pattern),
    signal: (signal) => void child.kill(signal),
    result,
  };
}

function environmentOf(home: string, { env, kubeconfig }: CliOptions): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: home,
    XDG_CONFIG_HOME: join(home, ".config"),
    XDG_DATA_HOME: join(home, ".local/share"),
    XDG_CACHE_HOME: join(home, ".cache"),
    XDG_STATE_HOME: join(home, ".local/state"),
    ...(kubeconfig !== undefined && { KUBECONFIG: kubeconfig }),
    // No other AWS configuration than the test's own: neither files nor the metadata service.
    AWS_EC2_METADATA_DISABLED: "true",
    ...env,
  };
}

function ended(child: ChildProcess): Promise<Pick<CliResult, "code" | "signal">> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
}

function waitForLine(
  child: ChildProcess,
  output: { readonly stdout: string; readonly stderr: string },
  pattern: RegExp,
): Promise<string> {
  const find = () => `${output.stdout}\n${output.stderr}`.split(/[\r\n]/).find((line) => pattern.test(line));
  return new Promise((resolve, reject) => {
    const look = () => {
      const line = find();
      if (line === undefined) return;
      stop();
      resolve(line);
    };
    const end = () => {
      stop();
      const line = find();
      if (line === undefined) reject(new Error(`ended without a line like ${pattern}:\n${output.stderr}`));
      else resolve(line);
    };
    const stop = () => {
      child.stdout?.off("data", look);
      child.stderr?.off("data", look);
      child.off("close", end);
    };
    child.stdout?.on("data", look);
    child.stderr?.on("data", look);
    child.once("close", end);
    look();
  });
}
