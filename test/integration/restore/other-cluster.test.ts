import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ControlPlane, startControlPlane } from "#test/harness/control-plane.ts";
import { faultyKubeProxy } from "#test/harness/faulty-proxy.ts";
import { runCli } from "#test/harness/run-cli.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { directoryLocation } from "#test/integration/cli/test-location.ts";
import { configMap, namespace } from "./rig.ts";

const home = sharedCluster();
const admin = home.adminClient();
const app = uniqueName("app");
const inKubeSystem = configMap("kube-system", uniqueName("settings"));
let location: Awaited<ReturnType<typeof directoryLocation>>;
let other: ControlPlane;
let proxy: Awaited<ReturnType<typeof faultyKubeProxy>>;

/** A second control plane: what tells it apart is what any two clusters differ in, and no manifest is touched. */
beforeAll(async () => {
  [other, location] = await Promise.all([
    startControlPlane({ controllerManager: false }),
    directoryLocation(),
  ]);
  proxy = await faultyKubeProxy(other);
  await admin.apply([namespace(app), configMap(app, "settings"), inKubeSystem]);
  const args = ["create", "b1", "--include-namespaces", `${app},kube-system`, "--location", location.url];
  const made = await runCli(args, { kubeconfig: home.kubeconfigPath });
  expect(made.code, made.stderr).toBe(0);
});
afterAll(async () => {
  await admin.delete(`/api/v1/namespaces/kube-system/configmaps/${inKubeSystem.metadata.name}`);
  admin.close();
  await proxy.stop();
  await location.remove();
  await other.stop();
});

const restore = (...args: string[]) =>
  runCli(["restore", "b1", "--location", location.url, ...args], { kubeconfig: proxy.kubeconfigPath });

/** All configuration and namespaces of the other cluster, with their resourceVersions. */
async function everything(): Promise<readonly string[]> {
  const client = other.adminClient();
  const lists = await Promise.all(
    ["/api/v1/namespaces", "/api/v1/configmaps", "/api/v1/secrets"].map((path) => client.list(path)),
  );
  client.close();
  return lists.flat().map(({ metadata }) => `${metadata.name} ${metadata["resourceVersion"]}`);
}

/** Asking for one's rights is a POST too, and changes nothing. */
const writes = () =>
  proxy.requests.filter(
    ({ method, path }) => method !== "GET" && !path.startsWith("/apis/authorization.k8s.io/"),
  );

describe("a restore into another cluster than the backup's", () => {
  it("is refused where nobody can be asked and --yes is missing, and writes nothing", async () => {
    const before = await everything();
    const { code, stderr } = await restore();
    expect(code).toBe(2);
    expect(stderr).toMatch(/not the cluster that the backup was made of/);
    expect(stderr).toMatch(/--yes/);
    expect(writes()).toEqual([]);
    expect(await everything()).toEqual(before);
  });

  it("leaves kube-system out and names it, in the plan and in the report", async () => {
    const plan = await restore("--dry-run", "-o", "json");
    expect(JSON.parse(plan.stdout)).toMatchObject({
      target: { relation: "other" },
      leftOut: ["kube-system"],
      namespaces: [{ from: app, to: app }],
    });
    expect(writes()).toEqual([]);

    const { code, stdout, stderr } = await restore("--yes");

    expect(code, stderr).toBe(0);
    expect(`${stdout}${stderr}`).toMatch(/left out, another cluster has its own: kube-system/);
    expect(writes().map(({ path }) => path)).toContain(`/api/v1/namespaces/${app}/configmaps`);
    expect(writes().filter(({ path }) => path.includes("kube-system"))).toEqual([]);
    const client = other.adminClient();
    const path = `/api/v1/namespaces/kube-system/configmaps/${inKubeSystem.metadata.name}`;
    expect(await client.find(path)).toBeUndefined();
    client.close();
  });

  it("brings kube-system back where it is named", async () => {
    const { code, stderr } = await restore("--yes", "-n", "kube-system", "--include-resources", "configmaps");
    expect(code, stderr).toBe(0);
    const client = other.adminClient();
    const path = `/api/v1/namespaces/kube-system/configmaps/${inKubeSystem.metadata.name}`;
    expect(await client.find(path)).toBeDefined();
    client.close();
  });
});
