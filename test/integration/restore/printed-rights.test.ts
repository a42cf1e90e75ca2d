import { afterAll, beforeAll, expect, it } from "vitest";
import type { ApplyObject } from "#test/harness/kube-client.ts";
import { runCli } from "#test/harness/run-cli.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { directoryLocation } from "#test/integration/cli/test-location.ts";
import { configMap, customKind, namespace, openRig, type Rig } from "./rig.ts";

const cluster = sharedCluster();
let rig: Rig;
let custom: Awaited<ReturnType<typeof customKind>>;
let location: Awaited<ReturnType<typeof directoryLocation>>;
beforeAll(async () => {
  rig = await openRig(cluster);
  custom = await customKind(rig);
  location = await directoryLocation();
});
afterAll(async () => {
  await custom.remove();
  await location.remove();
  await rig.stop();
});

const RBAC = "rbac.authorization.k8s.io";
const STORAGES = "/apis/storage.k8s.io/v1/storageclasses";

/** Applies printed roles as they are, and binds them to the user. */
async function bind(user: string, roles: readonly ApplyObject[]): Promise<void> {
  await rig.client.apply(
    roles.flatMap((role) => [
      role,
      {
        apiVersion: `${RBAC}/v1`,
        kind: `${role.kind}Binding`,
        metadata: { ...role.metadata, name: user },
        roleRef: { apiGroup: RBAC, kind: role.kind, name: role.metadata.name },
        subjects: [{ apiGroup: RBAC, kind: "User", name: user }],
      },
    ]),
  );
}

it("the rights that are printed suffice for a restore with status, and for taking it back", async () => {
  const [app, user] = [uniqueName("app"), uniqueName("user")];
  const [settings, one] = [`/api/v1/namespaces/${app}/configmaps/settings`, `${custom.path(app)}/one`];
  await rig.client.apply([namespace(app), configMap(app, "settings"), configMap(app, "lost")]);
  await rig.client.create(custom.path(app), { ...custom.type, metadata: { name: "one" } });
  await rig.client.patch(`${one}/status`, { status: { phase: "Good" } }, "merge");
  const at = ["--location", location.url];
  const asAdmin = { kubeconfig: cluster.kubeconfigPath };
  expect((await runCli(["create", "b1", "-n", app, ...at], asAdmin)).code).toBe(0);
  await rig.client.patch(settings, { data: { key: "changed" } }, "merge");
  await rig.client.delete(`/api/v1/namespaces/${app}/configmaps/lost`);
  await rig.client.delete(one);

  const kind = `${custom.kind.resource}.${custom.kind.group}`;
  const part = ["-n", app, "--include-resources", `configmaps,${kind}`];
  const how = ["--existing", "update", "--include-status", kind];
  const printed = await runCli(["rbac", "restore", ...part, ...how, "--undo", "-o", "json"], asAdmin);
  expect(printed.code, printed.stderr).toBe(0);
  await bind(user, [JSON.parse(printed.stdout)]);

  const asUser = { kubeconfig: await cluster.withClientCert({ user }) };
  const named = ["--name", "r1", "--yes", "--wait=false", ...at];
  const restored = await runCli(["restore", "b1", ...part, ...how, ...named], asUser);
  expect(restored.code, `${restored.stdout}${restored.stderr}`).toBe(0);
  expect(await rig.client.get(one)).toMatchObject({ status: { phase: "Good" } });
  expect(await rig.client.get(settings)).toMatchObject({ data: { key: "value" } });

  const undone = await runCli(["restore", "--undo", "r1", "--created", "--yes", ...at], asUser);
  expect(undone.code, `${undone.stdout}${undone.stderr}`).toBe(0);
  expect(await rig.client.find(one)).toBeUndefined();
  expect(await rig.client.get(settings)).toMatchObject({ data: { key: "changed" } });
});

it("those for a namespace and a cluster-scoped kind beside it suffice for a restore of both", async () => {
  const [app, user, fast] = [uniqueName("app"), uniqueName("user"), uniqueName("fast")];
  const [settings, storage] = [`/api/v1/namespaces/${app}/configmaps/settings`, `${STORAGES}/${fast}`];
  await rig.client.apply([
    namespace(app),
    configMap(app, "settings"),
    {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name: fast },
      provisioner: "example.com/none",
    },
  ]);
  const at = ["--location", location.url];
  const asAdmin = { kubeconfig: cluster.kubeconfigPath };
  const part = ["-n", app, "--include-resources", `configmaps,storageclasses/${fast}`];
  expect((await runCli(["create", "b2", ...part, ...at], asAdmin)).code).toBe(0);
  await rig.client.delete(settings);
  await rig.client.delete(storage);

  const printed = await runCli(["rbac", "restore", ...part, "-o", "json"], asAdmin);
  expect(printed.code, printed.stderr).toBe(0);
  const document = JSON.parse(printed.stdout);
  await bind(user, document.kind === "List" ? document.items : [document]);

  const asUser = { kubeconfig: await cluster.withClientCert({ user }) };
  const restored = await runCli(["restore", "b2", ...part, "--yes", "--wait=false", ...at], asUser);
  expect(restored.code, `${restored.stdout}${restored.stderr}`).toBe(0);
  expect(await rig.client.find(settings)).toBeDefined();
  expect(await rig.client.find(storage)).toBeDefined();
  await rig.client.delete(storage);
});

it("those for a namespace suffice for all of it and for the Namespace itself, though they list no namespaces", async () => {
  const [app, user] = [uniqueName("app"), uniqueName("user")];
  const [own, settings] = [`/api/v1/namespaces/${app}`, `/api/v1/namespaces/${app}/configmaps/settings`];
  await rig.client.apply([namespace(app, { labels: { team: "a" } }), configMap(app, "settings")]);
  const at = ["--location", location.url];
  const asAdmin = { kubeconfig: cluster.kubeconfigPath };
  expect((await runCli(["create", "b3", "-n", app, ...at], asAdmin)).code).toBe(0);
  await rig.client.patch(own, { metadata: { labels: { team: "b" } } }, "merge");
  await rig.client.delete(settings);

  const how = ["-n", app, "--existing", "update"];
  const printed = await runCli(["rbac", "restore", ...how, "-o", "json"], asAdmin);
  expect(printed.code, printed.stderr).toBe(0);
  await bind(user, [JSON.parse(printed.stdout)]);

  const asUser = { kubeconfig: await cluster.withClientCert({ user }) };
  const restored = await runCli(["restore", "b3", ...how, "--yes", "--wait=false", ...at], asUser);
  expect(restored.code, `${restored.stdout}${restored.stderr}`).toBe(0);
  expect(await rig.client.find(settings)).toBeDefined();
  expect((await rig.client.get(own)).metadata["labels"]).toMatchObject({ team: "a" });
});
