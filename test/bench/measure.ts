import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

export type Measured = {
  readonly wallMs: number;
  /** Highest resident set of the process (VmHWM, sampled: it only grows, so the last sample is within a hair of the end). */
  readonly peakRssMib: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
};

const SAMPLE_MS = 20;

/** Runs a command to its end: wall time from spawn to close, start-up included. */
export function measure(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  sampleMs = SAMPLE_MS,
): Promise<Measured> {
  const [program = "", ...args] = command;
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const child = spawn(program, args, { env: { ...env }, stdio: ["ignore", "pipe", "pipe"] });
    let peak = 0;
    const output = { stdout: "", stderr: "" };
    const timer = setInterval(() => {
      peak = Math.max(peak, highWaterMib(child.pid));
    }, sampleMs);
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        output[name] += text;
      });
    }
    child.once("error", reject);
    child.once("close", (code) => {
      clearInterval(timer);
      resolve({ wallMs: performance.now() - startedAt, peakRssMib: peak, ...output, code });
    });
  });
}

export function highWaterMib(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Throws with what the program said: a figure of a failed run is worth nothing. */
export function succeeded(measured: Measured, allowed: readonly number[] = [0]): Measured {
  if (measured.code !== null && allowed.includes(measured.code)) return measured;
  throw new Error(`exit ${measured.code}\n${measured.stdout.slice(-2000)}\n${measured.stderr.slice(-4000)}`);
}

/** The nearest rank: the smallest value that so many percent of all do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const rank = Math.max(1, Math.ceil((values.length * percent) / 100));
  return values.toSorted((a, b) => a - b)[rank - 1] ?? Number.NaN;
}
