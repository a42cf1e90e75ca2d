// What a node makes on this machine goes with it, also when it is killed. Beside the node of this run: they do not meet.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BUSYBOX } from "#test/fixtures/busybox-image.ts";
import { attachCluster, type ClusterDescriptor, type ClusterHandle } from "#test/harness/cluster-handle.ts";
import { eventually } from "#test/harness/eventually.ts";
import { startClusterWithNode } from "#test/harness/node/cluster-with-node.ts";
import { runCommand } from "#test/harness/run-command.ts";

const CGROUPS = "/sys/fs/cgroup";
// What a kubelet sets for its whole machine, with values that it does not want.
const TUNABLES = { "kernel/panic": "7", "kernel/panic_on_oops": "0", "vm/overcommit_memory": "0" };
const found = await Promise.all(Object.keys(TUNABLES).map(readTunable));

beforeAll(async () => void (await Promise.all(Object.entries(TUNABLES).map(writeTunable))));
afterAll(async () => void (await Promise.all(found.map(writeTunable))));

test("a node that was killed is cleaned up after by the next start, and one that is stopped leaves nothing", async () => {
  const before = await machine();
  const killed = await startInOwnProcess();
  await runPod(attachCluster(killed.descriptor));
  const [first, namespace] = [numberOf(killed.descriptor), await networkNamespace(killed.descriptor)];
  expect(await processesIn(namespace)).not.toEqual([]);
  killed.kill();
  await eventually(
    "the killed node's processes to end",
    async () => (await processesIn(namespace)).length === 0,
  );

  const stopped = await startClusterWithNode();
  const second = numberOf(stopped.descriptor);
  expect(await tracesOf(first)).toEqual([]);
  await runPod(stopped);
  expect(await tracesOf(second)).not.toEqual([]);
  await stopped.stop();
  expect(await tracesOf(second)).toEqual([]);
  expect(await machine()).toEqual(before);
});

/** What is the machine's own (the nodes of others come and go), and what the node's servers would change there if they could. */
async function machine(): Promise<unknown> {
  return {
    tunables: await Promise.all([...Object.keys(TUNABLES), "net/ipv4/ip_forward"].map(readTunable)),
    mounts: await readFile("/proc/self/mounts", "utf8"),
    folders: await Promise.all(["/run", "/var/lib", "/var/log"].map((path) => readdir(path))),
    interfaces: (await readdir("/sys/class/net")).filter((name) => !name.startsWith("kb-node-")),
    rules: await runCommand("iptables", ["-S"]),
    addressRules: await runCommand("iptables", ["-S", "-t", "nat"]),
  };
}

async function readTunable(name: string): Promise<[string, string]> {
  return [name, (await readFile(join("/proc/sys", name), "utf8")).trim()];
}

function writeTunable([name, value]: readonly [string, string]): Promise<void> {
  return writeFile(join("/proc/sys", name), value);
}

async function startInOwnProcess(): Promise<{ readonly descriptor: ClusterDescriptor; kill(): void }> {
  const module = join(import.meta.dirname, "../harness/node/cluster-with-node.ts");
  const program = `import { startClusterWithNode } from ${JSON.stringify(module)};
    const { descriptor } = await startClusterWithNode();
    console.log(JSON.stringify(descriptor));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(child.stdout, "data");
  return { descriptor: JSON.parse(String(line)), kill: () => void child.kill("SIGKILL") };
}

async function runPod(cluster: ClusterHandle): Promise<void> {
  await cluster.adminKubectl(["create", "deployment", "pod", `--image=${BUSYBOX}`]);
  await cluster.adminKubectl(["rollout", "status", "deployment/pod", "--timeout=120s"]);
}

/** The API server listens at 10.250.N.1. */
function numberOf({ server }: ClusterDescriptor): string {
  return new URL(server).hostname.split(".")[2] ?? "";
}

async function networkNamespace({ directory }: ClusterDescriptor): Promise<string> {
  const pid = (await readFile(join(directory, "node.pid"), "utf8")).trim();
  return readlink(`/proc/${pid}/ns/net`);
}

async function processesIn(namespace: string): Promise<readonly string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map((pid) => readlink(`/proc/${pid}/ns/net`).catch(() => "")), // it may have ended meanwhile
  );
  return pids.filter((_, index) => found[index] === namespace);
}

/** Its wire, and routes with it; its cgroups, in one hierarchy or many. */
async function tracesOf(number: string): Promise<readonly string[]> {
  const hierarchies = ["", ...(await readdir(CGROUPS))].map((name) => join(CGROUPS, name));
  const folders = ["/sys/class/net", ...hierarchies];
  const names = await Promise.all(folders.map((path) => readdir(path).catch(() => []))); // files among them
  return names.flat().filter((name) => [`kb-node-${number}`, `kubectl-backup-node-${number}`].includes(name));
}
