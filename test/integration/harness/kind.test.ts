// What is asked of kind, told by programs that stand in for it and for docker: neither has to be here.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startCluster } from "#test/harness/cluster.ts";
import { eventually } from "#test/harness/eventually.ts";
import { type Scratch, scratchDirectory } from "#test/harness/scratch.ts";

// As kind does: a cluster's name is taken until it is deleted, which takes it out of the kubeconfig named, or else of the
// user's, which it locks for that.
const KIND = `#!/bin/sh
set -e
verb="$1 $2"
while [ $# -gt 0 ]; do
  case $1 in --name) name=$2 ;; --kubeconfig) kubeconfig=$2 ;; esac
  shift
done
cd "$(dirname "$0")"
case $verb in
"create cluster")
  mkdir "clusters/$name"
  echo '{ "current-context": "c", "contexts": [{ "name": "c", "context": { "cluster": "c" } }],' >"$kubeconfig"
  echo '  "clusters": [{ "name": "c", "cluster": { "server": "https://127.0.0.1:1" } }] }' >>"$kubeconfig"
  ;;
"delete cluster")
  : \${kubeconfig:=$HOME/.kube/config}
  mkdir -p "$(dirname "$kubeconfig")"
  rm -rf "clusters/$name"
  ;;
"load image-archive") test ! -e refuses-images ;;
esac
`;
const DOCKER = `#!/bin/sh
echo "$*" >>"$(dirname "$0")/asked-of-docker"
case $1 in network) echo 172.18.0.1 ;; esac
`;

let machine: Scratch;
let temporary: Scratch;

beforeEach(async () => {
  machine = await scratchDirectory("kind");
  temporary = await scratchDirectory("temporary");
  await mkdir(join(machine.path, "clusters"));
  for (const [name, script] of Object.entries({ kind: KIND, docker: DOCKER })) {
    await writeFile(join(machine.path, name), script);
    await chmod(join(machine.path, name), 0o755);
  }
  vi.stubEnv("PATH", `${machine.path}:${process.env["PATH"]}`);
  vi.stubEnv("HOME", machine.path);
  vi.stubEnv("TMPDIR", temporary.path);
  vi.stubEnv("TEST_KUBECONFIG", "");
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all([machine.remove(), temporary.remove()]);
});

function clusters(): Promise<readonly string[]> {
  return readdir(join(machine.path, "clusters"));
}

test("two clusters of one run lie side by side, the second with a node or without", async () => {
  const first = await startCluster({ node: false });
  const second = await startCluster({ node: true });
  expect(await clusters()).toHaveLength(2);
  expect(await readFile(second.descriptor.kubeconfigPath, "utf8")).toContain("127.0.0.1");
  await first.stop();
  expect(await clusters()).toHaveLength(1);
  await second.stop();
  expect(await clusters()).toEqual([]);
});

test("where no node is asked for, no pod is placed and no claim is bound by kind's own class", async () => {
  const [plain, withNode] = [await startCluster({ node: false }), await startCluster({ node: true })];
  const asked = await readFile(join(machine.path, "asked-of-docker"), "utf8");
  await Promise.all([plain.stop(), withNode.stop()]);
  expect(asked.match(/ (rm|kubectl) .*/g)).toEqual([
    expect.stringMatching(/ rm \S+kube-scheduler.yaml$/),
    expect.stringMatching(/ taint nodes --all \S+:NoSchedule$/),
    expect.stringMatching(/ delete storageclasses --all$/),
  ]);
});

test("a cluster whose node takes no images is deleted again, with its folder", async () => {
  await writeFile(join(machine.path, "refuses-images"), "");
  await expect(startCluster({ node: true })).rejects.toThrow("kind load image-archive");
  expect(await clusters()).toEqual([]);
  expect(await readdir(temporary.path)).toEqual([]);
});

test("a cluster goes with the process that started it, also when that is killed outright", async () => {
  const module = join(import.meta.dirname, "../../harness/cluster.ts");
  const program = `import { startCluster } from ${JSON.stringify(module)};
    console.log((await startCluster({ node: false })).descriptor.origin);
    setInterval(() => {}, 1000);`;
  const run = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  expect(String(await once(run.stdout, "data"))).toBe("kind\n");
  expect(await clusters()).toHaveLength(1);
  run.kill("SIGKILL");
  await eventually("its cluster is deleted", async () => (await clusters()).length === 0);
});

test("the user's own kubeconfig stays out of it", async () => {
  await (await startCluster({ node: false })).stop();
  expect(existsSync(join(machine.path, ".kube"))).toBe(false);
});
