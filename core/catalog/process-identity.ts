import { readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import type { ClaimBody } from "#core/format/claim.ts";

export type ProcessIdentity = Pick<ClaimBody, "machine" | "pid" | "processStart">;

/** Who we are, and whether another holder of a claim certainly lives no more. */
export interface ProcessTable {
  self(): Promise<ProcessIdentity>;
  /** True only when it is known: a process of another machine, or of an unknown one, is never known to be gone. */
  isGone(other: ProcessIdentity): Promise<boolean>;
}

/**
 * Processes of the machine this one runs on. A pid means something only within one boot and one pid namespace, so both
 * are part of the machine's name: containers that share a machine id are different machines here. Where /proc does not
 * tell (other systems than Linux), nothing is known and claims end by their age.
 */
export const systemProcesses: ProcessTable = processesUnder("/");

/** `root` is where /etc and /proc are looked for. */
export function processesUnder(root: string): ProcessTable {
  const self = async (): Promise<ProcessIdentity> => ({
    machine: await machineHash(root),
    pid: process.pid,
    processStart: (await readProcess(root, process.pid))?.start,
  });
  return {
    self,
    async isGone(other) {
      const own = await self();
      if (own.machine === undefined || own.processStart === undefined) return false;
      if (other.machine !== own.machine || other.processStart === undefined) return false;
      if (!exists(other.pid)) return true;
      const found = await readProcess(root, other.pid);
      return found !== undefined && (found.ended || found.start !== other.processStart);
    },
  };
}

/** Asked by a signal and not by /proc, which may hide other users' processes (hidepid). */
function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

async function machineHash(root: string): Promise<string | undefined> {
  const parts = await Promise.all([
    readText(join(root, "etc/machine-id")),
    readText(join(root, "proc/sys/kernel/random/boot_id")),
    readlink(join(root, "proc/self/ns/pid")).catch(() => undefined),
  ]);
  if (parts.some((part) => part === undefined || part === "")) return undefined;
  const { createHash } = await import("node:crypto");
  return createHash("sha256").update(parts.join("\n")).digest("hex");
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").then(
    (text) => text.trim(),
    () => undefined,
  );
}

interface FoundProcess {
  /** Clock ticks since boot. */
  readonly start: string | undefined;
  /** Dead, though its parent has not yet asked how it ended. */
  readonly ended: boolean;
}

/** proc(5), /proc/PID/stat: after the command in parentheses (which may hold any character) state is field 3, start 22. */
async function readProcess(root: string, pid: number): Promise<FoundProcess | undefined> {
  const stat = await readText(join(root, `proc/${pid}/stat`));
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { start: fields[22 - 3], ended: fields[0] === "Z" || fields[0] === "X" };
}
