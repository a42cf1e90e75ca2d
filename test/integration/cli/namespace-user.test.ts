import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import type { ApplyObject } from "#test/harness/kube-client.ts";
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

/** Applies the roles that the words given print, as they are, and binds them to the user. */
async function bindPrinted(user: string, words: readonly string[]): Promise<void> {
  const printed = await runCli(words, { kubeconfig });
  expect(printed.code, printed.stderr).toBe(0);
  const document = parse(printed.stdout);
  const roles: readonly ApplyObject[] = document.kind === "List" ? document.items : [document];
  const apiGroup = "rbac.authorization.k8s.io";
  await admin.apply(
    roles.flatMap((role) => [
      role,
      {
        apiVersion: role.apiVersion,
        kind: `${role.kind}Binding`,
        metadata: { ...role.metadata, name: user },
        roleRef: { apiGroup, kind: role.kind, name: role.metadata.name },
        subjects: [{ apiGroup, kind: "User", name: user }],
      },
    ]),
  );
}

test("a user bound to the Role that rbac backup prints saves the namespace complete, with exit 0 (case 85), and is told how to save what is beside it", async () => {
  const user = uniqueName("saver");
  const mine = await cluster.withClientCert({ user });
  await bindPrinted(user, ["rbac", "backup", "-n", namespace]);
  const saved = await runCli(create("tenant"), { kubeconfig: mine });
  expect(saved.code, saved.stderr).toBe(0);
  const document = JSON.parse(saved.stdout);
  expect(document.namespaces).toMatchObject([{ name: namespace, complete: true }]);
  expect(document.errors).toEqual([]);
  expect(saved.stderr).toContain(
    `warning: nothing is included of 1 kind beside the selection that may not be read by ${user}: clusterrolebindings.rbac.authorization.k8s.io\n`,
  );

  const [, hinted = ""] =
    /^hint: kubectl backup (.*) prints the rights for that too/m.exec(saved.stderr) ?? [];
  expect(hinted).toBe(`rbac backup -n ${namespace} --include-cluster-resources`);
  await bindPrinted(user, hinted.split(" "));
  const whole = await runCli(create("whole"), { kubeconfig: mine });
  expect(whole).toMatchObject({ code: 0, stderr: expect.not.stringMatching(/warning|hint/) });
  const everything = ["create", "all", "-n", namespace, "--include-cluster-resources"];
  const beside = await runCli([...everything, "--location", location.url], { kubeconfig: mine });
  expect(beside, "all that is cluster-scoped").toMatchObject({
    code: 0,
    stderr: expect.not.stringMatching(/error|warning/),
  });
});

test("a user with the ClusterRole admin there gets the rest with exit 3, and is told the rule for each kind that is missing (case 85)", async () => {
  const [user, apiGroup] = [uniqueName("tenant-admin"), "rbac.authorization.k8s.io"];
  await admin.apply([
    {
      apiVersion: `${apiGroup}/v1`,
      kind: "RoleBinding",
      metadata: { name: user, namespace },
      roleRef: { apiGroup, kind: "ClusterRole", name: "admin" },
      subjects: [{ apiGroup, kind: "User", name: user }],
    },
  ]);
  const saved = await runCli(create("partial"), { kubeconfig: await cluster.withClientCert({ user }) });
  expect(saved.code, saved.stderr).toBe(3);
  const { namespaces, errors } = JSON.parse(saved.stdout);
  expect(namespaces).toMatchObject([{ name: namespace, complete: false }]);
  const unread: readonly string[] = namespaces[0].kindsNotRead;
  expect(unread).toContain("podtemplates");
  const told = errors.map(({ message }: { message: string }) => message);
  for (const kind of unread) {
    const [resource, ...group] = kind.split(".");
    const rule = `{apiGroups: ["${group.join(".")}"], resources: ["${resource}"], verbs: ["get", "list", "watch"]}`;
    expect(told.filter((message: string) => message.startsWith(`${kind} could not be read`))).toEqual([
      expect.stringContaining(rule),
    ]);
  }
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
