import { afterAll, beforeAll, expect, test } from "vitest";
import type { KubeClient } from "#test/harness/kube-client.ts";
import { runCli } from "#test/harness/run-cli.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { makeGuardNamespace, removeGuardNamespace } from "./guard-namespace.ts";

const NAMESPACES = "/api/v1/namespaces";
const OURS = `${NAMESPACES}/kubectl-backup`;
const PROTECT = "kubectl-backup.io/protect";

const cluster = sharedCluster();
const [kept, off, free] = ["kept", "off", "free"].map((stem) => uniqueName(stem));
let client: KubeClient;

beforeAll(async () => {
  client = cluster.adminClient();
  await makeGuardNamespace(client);
  const labels = {
    [kept ?? ""]: { [PROTECT]: "true" },
    [off ?? ""]: { [PROTECT]: "false" },
    [free ?? ""]: {},
  };
  for (const [name, own] of Object.entries(labels)) {
    const metadata = { name, labels: own };
    await client.create(NAMESPACES, { apiVersion: "v1", kind: "Namespace", metadata });
  }
  const named = (name: string) => ({ apiVersion: "v1", metadata: { name, namespace: "kubectl-backup" } });
  for (const name of ["reader", "kubectl-backup-guard-tls"])
    await client.create(`${OURS}/secrets`, { ...named(name), kind: "Secret" });
  await client.create(`${OURS}/configmaps`, {
    ...named("kubectl-backup-locations"),
    kind: "ConfigMap",
    data: { "config.yaml": "locations:\n  main: s3://main\n  far: s3://far\n" },
  });
});
afterAll(async () => {
  for (const name of [kept, off, free]) await client.delete(`${NAMESPACES}/${name}`);
  await removeGuardNamespace(client);
  client.close();
});

async function offered(...words: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await runCli(["__complete", ...words], { kubeconfig: cluster.kubeconfigPath });
  return stdout.trimEnd().split("\n").slice(0, -1);
}

test("protect offers what the guard reviews, and nothing twice", async () => {
  const names = await offered("protect", "");
  expect(names).toEqual(expect.arrayContaining([kept, off, free, "default"]));
  expect(names).not.toEqual(expect.arrayContaining(["kube-system"]));
  expect(names).not.toEqual(expect.arrayContaining(["kubectl-backup"]));
  expect(await offered("protect", free ?? "", "")).not.toContain(free);
});

test("unprotect offers what is protected", async () => {
  const names = await offered("unprotect", "");
  expect(names).toContain(kept);
  expect(names).not.toContain(off);
  expect(names).not.toContain(free);
});

test("install offers the Secrets beside the guard, but not its own", async () => {
  expect(await offered("install", "--read-credentials", "")).toEqual(["service-account", "secret/reader"]);
  expect(await offered("install", "--read-credentials", "secret/")).toEqual(["secret/reader"]);
  expect(await offered("install", "--image-pull-secret", "")).toEqual(["reader"]);
});

test("location add offers what the cluster publishes", async () => {
  expect(await offered("location", "add", "--from-cluster=")).toEqual([
    "--from-cluster=main",
    "--from-cluster=far",
  ]);
});

test("without a cluster there is nothing to offer but what is always right, and no error", async () => {
  const dead = ["--server", "https://127.0.0.1:1"];
  expect(await offered("protect", ...dead, "")).toEqual([]);
  expect(await offered("install", ...dead, "--read-credentials", "")).toEqual(["service-account"]);
});
