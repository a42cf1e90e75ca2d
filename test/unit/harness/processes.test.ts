import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { eventually } from "#test/harness/eventually.ts";
import { isAlive, startProcess, stopByPidFile, waitUntilReady } from "#test/harness/processes.ts";
import { type Scratch, scratchDirectory } from "#test/harness/scratch.ts";

let scratch: Scratch;
beforeEach(async () => {
  scratch = await scratchDirectory("processes");
});
afterEach(() => scratch.remove());

const sleeper = () => ({ name: "sleeper", command: "sleep", args: ["60"], directory: scratch.path });
const gone = (pid: number) => eventually(`end of ${pid}`, async () => !isAlive(pid), { timeoutMs: 5_000 });

test("a stopped server and the processes it has started are gone", async () => {
  const script = "sleep 60 & echo $!; wait";
  const server = await startProcess({ ...sleeper(), command: "sh", args: ["-c", script] });
  const child = await eventually(
    "the child's pid",
    async () => Number(await readFile(server.logPath, "utf8")) || false,
  );
  await server.stop();
  await Promise.all([gone(server.pid), gone(child)]);
});

test("a server dies with the process that started it, also when that is killed outright", async () => {
  const module = join(import.meta.dirname, "../../harness/processes.ts");
  const program = `import { startProcess } from ${JSON.stringify(module)};
    const server = await startProcess(${JSON.stringify(sleeper())});
    console.log(server.pid);
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(parent.stdout, "data");
  const pid = Number(String(line));
  expect(isAlive(pid)).toBe(true);
  parent.kill("SIGKILL");
  await gone(pid);
});

test("a server with a life of its own is stopped by its pid file", async () => {
  const server = await startProcess({ ...sleeper(), lifetime: "own" });
  const pidFile = join(scratch.path, "sleeper.pid");
  expect(isAlive(server.pid)).toBe(true);
  await stopByPidFile(pidFile);
  await gone(server.pid);
  expect(existsSync(pidFile)).toBe(false);
});

test("a server counts as ended although its parent has not asked for its exit status", async () => {
  const negligent = spawn("sh", ["-c", "sleep 60 & echo $!; exec sleep 60"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(negligent.stdout, "data");
  const pid = Number(String(line));
  expect(isAlive(pid)).toBe(true);
  process.kill(pid, "SIGKILL");
  await gone(pid);
  negligent.kill("SIGKILL");
});

test("a pid that belongs to somebody else by now is left alone", async () => {
  const server = await startProcess({ ...sleeper(), lifetime: "own" });
  const foreign = join(scratch.path, "foreign.pid");
  await writeFile(foreign, `${server.pid}\nThu Jan  1 00:00:00 1970\n`);
  await stopByPidFile(foreign);
  expect(isAlive(server.pid)).toBe(true);
  await server.stop();
});

test("a server that ends before it is ready is reported with the end of its log", async () => {
  const server = await startProcess({
    ...sleeper(),
    command: "sh",
    args: ["-c", "echo no such flag; exit 2"],
  });
  await expect(waitUntilReady(server, async () => false)).rejects.toThrow(/no such flag\nexit status 2/);
});
