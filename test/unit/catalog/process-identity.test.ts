import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { systemProcesses } from "#core/catalog/process-identity.ts";

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
    expect(await systemProcesses.isGone({ ...unknownMachine, machine: "elsewhere", pid: freeNumber })).toBe(false);
    expect(await systemProcesses.isGone({ ...unknownMachine, pid: freeNumber })).toBe(false);
    expect(await systemProcesses.isGone({ machine, pid: freeNumber })).toBe(false);
    expect(await systemProcesses.isGone({ ...unknownMachine, machine, pid: freeNumber })).toBe(true);
  });

  test("in another pid namespace is on another machine, though machine id and boot are the same", async () => {
    const self = await systemProcesses.self();
    const elsewhere = await machineInsideNewNamespace();
    // Where making namespaces is not allowed there is nothing to compare.
    if (elsewhere !== undefined) expect(elsewhere).not.toBe(self.machine);
  });
});
