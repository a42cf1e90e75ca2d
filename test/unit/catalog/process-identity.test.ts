import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { processesUnder, systemProcesses } from "#core/catalog/process-identity.ts";

// Other systems know no /proc: there claims end by their age alone.
describe.runIf(process.platform === "linux")("a process that holds a claim", () => {
  test("is known to be gone when it ended, and not before", async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    const holder = { ...(await systemProcesses.self()), pid: child.pid ?? 0 };
    const start = await startOf(holder.pid);
    expect(await systemProcesses.isGone({ ...holder, processStart: start })).toBe(false);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await systemProcesses.isGone({ ...holder, processStart: start })).toBe(true);
  });

  test("is gone when its number is another process's by now", async () => {
    const self = await systemProcesses.self();
    expect(await systemProcesses.isGone(self)).toBe(false);
    expect(await systemProcesses.isGone({ ...self, processStart: "1" })).toBe(true);
  });

  test("is not known to be gone where its machine, container or start is another's or unknown", async () => {
    const { machine, ...unknownMachine } = await systemProcesses.self();
    const freeNumber = 4_194_304;
    expect(await systemProcesses.isGone({ ...unknownMachine, machine: "elsewhere", pid: freeNumber })).toBe(
      false,
    );
    expect(await systemProcesses.isGone({ ...unknownMachine, pid: freeNumber })).toBe(false);
    expect(await systemProcesses.isGone({ machine, pid: freeNumber })).toBe(false);
    expect(await systemProcesses.isGone({ ...unknownMachine, machine, pid: freeNumber })).toBe(true);
  });
});

describe("a machine's name", () => {
  test("differs between containers that share machine id and boot", async () => {
    const machines = [
      await machineWith({ namespace: "pid:[4026531836]" }),
      await machineWith({ namespace: "pid:[4026532999]" }),
      await machineWith({ namespace: "pid:[4026531836]", boot: "another boot" }),
      await machineWith({ namespace: "pid:[4026531836]", machineId: "another machine" }),
    ];
    expect(new Set(machines).size).toBe(4);
    expect(await machineWith({ namespace: "pid:[4026531836]" })).toBe(machines[0]);
    expect(machines).not.toContain(undefined);
  });

  test("is unknown where a part of it is", async () => {
    expect(await machineWith({ namespace: "pid:[4026531836]", machineId: "" })).toBeUndefined();
    expect(await machineWith({ namespace: undefined })).toBeUndefined();
  });
});

interface FakeMachine {
  readonly namespace: string | undefined;
  readonly boot?: string;
  readonly machineId?: string;
}

async function machineWith({
  namespace,
  boot = "boot",
  machineId = "id",
}: FakeMachine): Promise<string | undefined> {
  const root = await mkdtemp(join(tmpdir(), "machine-"));
  await mkdir(join(root, "etc"));
  await mkdir(join(root, "proc/sys/kernel/random"), { recursive: true });
  await mkdir(join(root, "proc/self/ns"), { recursive: true });
  await writeFile(join(root, "etc/machine-id"), machineId);
  await writeFile(join(root, "proc/sys/kernel/random/boot_id"), boot);
  if (namespace !== undefined) await symlink(namespace, join(root, "proc/self/ns/pid"));
  const { machine } = await processesUnder(root).self();
  await rm(root, { recursive: true });
  return machine;
}

/** proc(5): field 22 of the process's line. */
async function startOf(pid: number): Promise<string> {
  const line = await readFile(`/proc/${pid}/stat`, "utf8");
  return line.slice(line.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}
