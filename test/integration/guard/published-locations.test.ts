import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { KubeClient } from "#test/harness/kube-client.ts";
import { type CliResult, runCli } from "#test/harness/run-cli.ts";
import { type Scratch, scratchDirectory } from "#test/harness/scratch.ts";
import { sharedCluster } from "#test/harness/shared.ts";
import { makeGuardNamespace, removeGuardNamespace } from "./guard-namespace.ts";

const CONFIG_MAP = `/api/v1/namespaces/kubectl-backup/configmaps/kubectl-backup-locations`;
const BOTH = "default: main\nlocations:\n  far: s3://far/clusters\n  main: s3://main/clusters\n";

const cluster = sharedCluster();
let client: KubeClient;
let home: Scratch;

beforeAll(async () => {
  client = cluster.adminClient();
  await makeGuardNamespace(client);
});
afterAll(async () => {
  await removeGuardNamespace(client);
  client.close();
});
beforeEach(async () => {
  home = await scratchDirectory("home");
  return () => home.remove();
});

async function publish(config: string): Promise<void> {
  const metadata = { name: "kubectl-backup-locations", namespace: "kubectl-backup" };
  const body = { apiVersion: "v1", kind: "ConfigMap", metadata, data: { "config.yaml": config } };
  await client.patch(`${CONFIG_MAP}?fieldManager=test&force=true`, body, "apply");
}

function add(args: readonly string[], kubeconfig = cluster.kubeconfigPath): Promise<CliResult> {
  return runCli(["location", "add", ...args], { kubeconfig, home: home.path });
}

async function locations(): Promise<object> {
  const { stdout } = await runCli(["location", "list", "-o", "json"], { home: home.path });
  return JSON.parse(stdout).locations;
}

test("where nothing is published, that is said with what to type instead", async () => {
  const { code, stderr } = await add(["--from-cluster"]);
  expect([code, stderr]).toEqual([
    4,
    expect.stringMatching(
      /^error: this cluster publishes no locations: .*kubectl-backup-locations does not exist\nhint: .*location add NAME URL/,
    ),
  ]);
});

test("what the cluster publishes has its names here too, and again changes nothing", async () => {
  await publish(BOTH);
  const first = await add(["--from-cluster"]);
  expect([first.code, first.stdout]).toEqual([
    0,
    "location/far added: s3://far/clusters\nlocation/main added: s3://main/clusters\n",
  ]);
  expect(await locations()).toEqual([
    { name: "far", url: "s3://far/clusters", default: false },
    { name: "main", url: "s3://main/clusters", default: true },
  ]);
  const again = await add(["--from-cluster", "-o", "json"]);
  expect(JSON.parse(again.stdout)).toEqual({
    locations: [
      { name: "far", url: "s3://far/clusters", added: false },
      { name: "main", url: "s3://main/clusters", added: false },
    ],
  });
});

test("a name that is another location here stays that, and the command that is suggested takes it beside", async () => {
  await publish(BOTH);
  await add(["main", "s3://mine/clusters"]);
  const refused = await add(["--from-cluster", "--server", cluster.server]);
  expect([refused.code, refused.stderr]).toEqual([
    5,
    expect.stringMatching(
      /nothing was added\nhint: kubectl backup location add -s \S+ OTHER --from-cluster=main takes/,
    ),
  ]);
  expect(await locations()).toEqual([{ name: "main", url: "s3://mine/clusters", default: true }]);
  const beside = await add(["other", "--from-cluster=main", "--default"]);
  expect([beside.code, beside.stdout]).toEqual([0, "location/other added: s3://main/clusters\n"]);
  expect(await locations()).toContainEqual({ name: "other", url: "s3://main/clusters", default: true });
});

test("who may not read it is told the role that lets them, and with that role can", async () => {
  await publish(BOTH);
  const kubeconfig = await cluster.withClientCert({ user: "reader-of-locations" });
  const refused = await add(["--from-cluster"], kubeconfig);
  const [, hint = ""] = /hint: whoever may: (.*)/.exec(refused.stderr) ?? [];
  expect(refused.code).toBe(6);
  for (const command of hint.replace("=USER", "=reader-of-locations").split(" && "))
    await cluster.adminKubectl(command.split(" ").slice(1));
  expect((await add(["--from-cluster"], kubeconfig)).code).toBe(0);
});

test.each([
  ["locations: [", 6, /cannot be understood: config\.yaml: .*\nhint: .*install writes it anew/],
  ["locations: {}", 4, /names no location\nhint: kubectl backup install --location/],
  ["locations:\n  a: file:///data", 5, /lies on the guard's machine/],
  ["locations:\n  a: s3://bucket?profile=x", 5, /names with profile= something of the guard's machine/],
])("published as %j nothing is added, and the reason is said", async (config, exit, said) => {
  await publish(config);
  const { code, stderr } = await add(["--from-cluster"]);
  expect([code, stderr]).toEqual([exit, expect.stringMatching(said)]);
});

test("a cluster that is not there is what is at fault", async () => {
  const { code, stderr } = await add([
    "--from-cluster",
    "--server",
    "https://127.0.0.1:1",
    "--request-timeout",
    "2s",
  ]);
  expect([code, stderr]).toEqual([6, expect.stringMatching(/^error: /)]);
});
