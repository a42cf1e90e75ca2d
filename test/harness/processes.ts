// Servers as child processes: own process group, pid file, log file. Two lifetimes:
//   "parent"  dies with the process that started it, also when that is killed with SIGKILL: a small shell holds the
//             other end of a pipe and ends its whole group as soon as the pipe closes;
//   "own"     stays until stopByPidFile() (used by `make cluster-up`).
// Processes are stopped by their id alone, never by name; the pid file carries the start time, so that an id which the
// system has given to somebody else meanwhile is left alone.
import { execFileSync, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "./eventually.ts";
import { requireCommand } from "./prerequisites.ts";

export type ProcessSpec = {
  /** Names the pid file and the log file. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Folder of `<name>.pid` and `<name>.log`. */
  readonly directory: string;
  /** The whole environment; nothing is inherited but PATH. */
  readonly env?: Readonly<NodeJS.ProcessEnv>;
  readonly lifetime?: "parent" | "own";
};

export type ServerProcess = {
  readonly name: string;
  /** Of the server itself, not of the shell that guards it. */
  readonly pid: number;
  readonly logPath: string;
  /** Of lifetime "parent": when the shell that guards it has ended too, and so has said in the log how the server did. */
  readonly gone?: Promise<void>;
  /** SIGTERM, after 10 s SIGKILL, for the whole process group; resolves when it is gone. */
  stop(): Promise<void>;
};

// $1 is the pid file, the rest the server's command line. The inner reader wakes when the parent closes the pipe (or
// dies); whoever of reader and server ends first, the last line takes the rest of the group along.
const GUARD = `
exec 3<&0
pidfile=$1; shift
"$@" </dev/null 3<&- &
server=$!
echo $server >"$pidfile"
{
  read -r _ <&3
  kill -TERM $server 2>/dev/null
  n=0
  while kill -0 $server 2>/dev/null && [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done
  kill -KILL $server 2>/dev/null
} &
wait $server
echo "exit status $?"
kill -KILL 0
`;

/** Starts a server; throws when it cannot even be executed. See waitUntilReady() for the rest. */
export function startProcess(spec: ProcessSpec): Promise<ServerProcess> {
  return spec.lifetime === "own" ? startDetached(spec) : startGuarded(spec);
}

async function startGuarded(spec: ProcessSpec): Promise<ServerProcess> {
  requireCommand("sh");
  const { pidPath, logPath } = filesOf(spec);
  await rm(pidPath, { force: true });
  const log = openSync(logPath, "a");
  const guard = spawn("sh", ["-c", GUARD, "guard", pidPath, spec.command, ...spec.args], {
    detached: true,
    env: environmentOf(spec),
    stdio: ["pipe", log, log],
  });
  closeSync(log);
  const gone = new Promise<void>((resolve) => guard.once("exit", () => resolve()));
  guard.unref();
  const pid = await eventually(
    `pid of ${spec.name}`,
    async () => Number(await readFile(pidPath, "utf8")) || false,
    {
      intervalMs: 5,
      timeoutMs: 10_000,
    },
  );
  const stop = async () => {
    guard.stdin?.end();
    guard.ref();
    await gone;
    await rm(pidPath, { force: true });
  };
  return { name: spec.name, pid, logPath, gone, stop };
}

async function startDetached(spec: ProcessSpec): Promise<ServerProcess> {
  const { pidPath, logPath } = filesOf(spec);
  const log = openSync(logPath, "a", 0o600);
  const child = spawn(spec.command, [...spec.args], {
    detached: true,
    env: environmentOf(spec),
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  await new Promise((resolve, reject) => child.once("spawn", resolve).once("error", reject));
  child.unref();
  const pid = Number(child.pid);
  await writeFile(pidPath, `${pid}\n${startTime(pid) ?? ""}\n`);
  return { name: spec.name, pid, logPath, stop: () => stopByPidFile(pidPath) };
}

/** Stops the process (and its group) that a pid file of lifetime "own" names, and removes the file. */
export async function stopByPidFile(pidPath: string): Promise<void> {
  if (!existsSync(pidPath)) return;
  const [pidText = "", started = ""] = (await readFile(pidPath, "utf8")).split("\n");
  const pid = Number(pidText);
  if (pid > 1 && startTime(pid) === started) await endGroup(pid);
  await rm(pidPath, { force: true });
}

async function endGroup(pid: number): Promise<void> {
  signalGroup(pid, "SIGTERM");
  for (let waited = 0; waited < 10_000 && isAlive(pid); waited += 50) await sleep(50);
  signalGroup(pid, "SIGKILL");
}

/** Resolves when the probe says yes; throws with the end of the log when the process ends or `timeoutMs` passes. */
export async function waitUntilReady(
  server: ServerProcess,
  probe: () => Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> {
  let died = false;
  const ready = async () => {
    died = !isAlive(server.pid);
    return died || (await probe());
  };
  try {
    await eventually(`${server.name} to be ready`, ready, { timeoutMs, intervalMs: 30 });
  } catch (cause) {
    throw new Error(`${server.name} did not become ready:\n${await logEnd(server)}`, { cause });
  }
  if (!died) return;
  await server.gone;
  throw new Error(`${server.name} ended at once:\n${await logEnd(server)}`);
}

/** Does a process with this id run? One that has ended does not, even if its parent has not looked yet. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** The state follows the name in brackets: proc(5), /proc/pid/stat. */
function isZombie(pid: number): boolean {
  const path = `/proc/${pid}/stat`;
  return existsSync(path) && readFileSync(path, "utf8").split(") ").at(-1)?.startsWith("Z") === true;
}

async function logEnd(server: ServerProcess): Promise<string> {
  const log = await readFile(server.logPath, "utf8").catch(() => "");
  return log.split("\n").slice(-25).join("\n");
}

function filesOf({ directory, name }: ProcessSpec): { pidPath: string; logPath: string } {
  return { pidPath: join(directory, `${name}.pid`), logPath: join(directory, `${name}.log`) };
}

function environmentOf({ env }: ProcessSpec): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"] ?? "", ...env };
}

function startTime(pid: number): string | undefined {
  try {
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
  } catch {
    return undefined;
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already, which is what was wanted.
  }
}
