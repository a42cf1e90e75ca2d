// The cgroups of a node's pods: the one thing that does not vanish with its namespaces.
import { existsSync, readdirSync } from "node:fs";
import { mkdir, readdir, realpath, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { eventually } from "#test/harness/eventually.ts";
import { interfaceOf } from "./network.ts";

const ROOT = "/sys/fs/cgroup";
const PREFIX = "kubectl-backup-node-";

/** What the kubelet calls its cgroupRoot. */
export function cgroupOf(number: number): string {
  return `/${PREFIX}${number}`;
}

/** One in each hierarchy: of version 1 there are many, of version 2 one. */
export async function createCgroups(number: number): Promise<void> {
  for (const hierarchy of await hierarchies())
    await mkdir(join(hierarchy, cgroupOf(number)), { recursive: true });
}

/** To be called when the node's processes have ended. */
export async function removeCgroups(number: number): Promise<void> {
  for (const hierarchy of await hierarchies()) await removeTree(join(hierarchy, cgroupOf(number)));
}

/** Removes those of nodes that were killed: their wire is gone. */
export async function sweepCgroups(): Promise<void> {
  const found = (await Promise.all((await hierarchies()).map((hierarchy) => readdir(hierarchy)))).flat();
  const numbers = found
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => Number(name.slice(PREFIX.length)));
  for (const number of new Set(numbers)) {
    if (!existsSync(join("/sys/class/net", interfaceOf(number)))) await removeCgroups(number);
  }
}

async function hierarchies(): Promise<readonly string[]> {
  if (existsSync(join(ROOT, "cgroup.procs"))) return [ROOT];
  const paths = readdirSync(ROOT).map((name) => join(ROOT, name));
  // cpu and cpuacct may be two names of one.
  const real = await Promise.all(paths.map((path) => realpath(path)));
  return [...new Set(real)].filter((path) => existsSync(join(path, "cgroup.procs")));
}

async function removeTree(path: string): Promise<void> {
  if (!existsSync(path)) return;
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeTree(join(path, entry.name));
  }
  // Busy for a moment more after its last process was killed.
  await eventually(`cgroup ${path} to be empty`, () => rmdir(path).then(() => true), { timeoutMs: 10_000 });
}
