import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { runCli } from "#test/harness/run-cli.ts";
import { compareObjects } from "#test/harness/semantic-compare.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { directoryLocation, incompressible, type TestLocation } from "./test-location.ts";

const cluster = sharedCluster();
const { kubeconfigPath: kubeconfig } = cluster;
const admin = cluster.adminClient();
const namespace = uniqueName("tenant");
const copy = `${namespace}-copy`;
let location: TestLocation;

const release = {
  apiVersion: "v1",
  kind: "Secret",
  type: "helm.sh/release.v1",
  metadata: { name: "sh.helm.release.v1.shop.v1", namespace },
  // 1 MiB is the server's limit for the decoded bytes of all keys.
  data: { release: Buffer.from(incompressible(1024 * 1024 - 1024)).toString("base64") },
};

beforeAll(async () => {
  await admin.apply([
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "app", namespace } },
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings", namespace }, data: { a: "b" } },
  ]);
  await admin.create(`/api/v1/namespaces/${namespace}/secrets`, release);
});
beforeEach(async () => {
  location = await directoryLocation();
});
afterEach(() => location.remove());
afterAll(async () => {
  for (const name of [namespace, copy]) await admin.delete(`/api/v1/namespaces/${name}`);
  admin.close();
});

const create = (name: string) => ["create", name, "-n", namespace, "--location", location.url, "-o", "json"];

async function bindPrintedRole(user: string): Promise<void> {
  const printed = await runCli(["rbac", "backup", "-n", namespace], { kubeconfig });
  expect(printed.code).toBe(0);
  const role = parse(printed.stdout);
  await admin.apply([
    role,
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: "saver", namespace },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }],
    },
  ]);
}

test("a user bound to the Role that rbac backup prints saves the namespace complete, with exit 0 (case 85)", async () => {
  const user = uniqueName("saver");
  await bindPrintedRole(user);
  const saved = await runCli(create("tenant"), { kubeconfig: await cluster.withClientCert({ user }) });
  expect(saved.code, saved.stderr).toBe(0);
  const document = JSON.parse(saved.stdout);
  expect(document.namespaces).toMatchObject([{ name: namespace, complete: true }]);
  expect(document.errors).toEqual([]);
});

test("a user without any role is refused (case 85)", async () => {
  const kubeconfigOfNobody = await cluster.withClientCert({ user: uniqueName("nobody") });
  const refused = await runCli(create("tenant"), { kubeconfig: kubeconfigOfNobody });
  expect(refused.code).toBe(6);
});

test("a release Secret near the server's limit comes back byte for byte (case 18)", async () => {
  expect((await runCli(create("release"), { kubeconfig })).code).toBe(0);
  const restored = await runCli(
    [
      "restore",
      "release",
      "--location",
      location.url,
      "--namespace-mapping",
      `${namespace}:${copy}`,
      "--wait=false",
    ],
    { kubeconfig },
  );
  expect(restored.code, restored.stderr).toBe(0);
  const path = (name: string) => `/api/v1/namespaces/${name}/secrets/${release.metadata.name}`;
  const [before, after] = [await admin.get(path(namespace)), await admin.get(path(copy))];
  expect(compareObjects(before, after, { namespaces: { [namespace]: copy } })).toEqual([]);
});
