import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "#test/harness/eventually.ts";
import { faultyKubeProxy } from "#test/harness/faulty-proxy.ts";
import type { ApplyObject } from "#test/harness/kube-client.ts";
import { runCli, startCli } from "#test/harness/run-cli.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { directoryLocation } from "#test/integration/cli/test-location.ts";
import { addPlayedNode, type PlayedNode } from "./played-node.ts";
import { configMap, deployment, namespace, openRig, type Rig } from "./rig.ts";

const TIER = "kubectl-backup.io/tier";
const cluster = sharedCluster();
const [app, copy] = [uniqueName("app"), uniqueName("copy")];
let rig: Rig;
let node: PlayedNode;
let location: Awaited<ReturnType<typeof directoryLocation>>;
let proxy: Awaited<ReturnType<typeof faultyKubeProxy>>;

beforeAll(async () => {
  rig = await openRig(cluster);
  node = await addPlayedNode(rig);
  location = await directoryLocation();
  proxy = await faultyKubeProxy(cluster);
  await rig.client.apply([
    namespace(app),
    configMap(app, "settings"),
    ofTier("critical", deployment(app, "db")),
    ofTier("critical", nightly()),
    ofTier("high", deployment(app, "api")),
    ofTier("high", deployment(app, "web")),
    deployment(app, "batch"),
    ofTier("none", deployment(app, "idle")),
  ]);
  // Comes with its owner, waves after what else lies beside the first workload.
  const { uid } = (await rig.client.get(`/apis/apps/v1/namespaces/${app}/deployments/batch`)).metadata;
  const ownerReferences = [{ apiVersion: "apps/v1", kind: "Deployment", name: "batch", uid }];
  await rig.client.apply([
    { ...configMap(app, "owned"), metadata: { namespace: app, name: "owned", ownerReferences } },
  ]);
  const kubeconfig = cluster.kubeconfigPath;
  const made = await runCli(["create", "b1", "-n", app, "--location", location.url], { kubeconfig });
  expect(made.code, made.stderr).toBe(0);
});
afterAll(async () => {
  await node.remove();
  await proxy.stop();
  await location.remove();
  await rig.stop();
});

function ofTier(tier: string, object: ApplyObject): ApplyObject {
  return { ...object, metadata: { ...object.metadata, labels: { [TIER]: tier } } };
}

function nightly(): ApplyObject {
  const template = { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "pause" }] } };
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { namespace: app, name: "nightly" },
    spec: { schedule: "0 0 1 1 *", jobTemplate: { spec: { template } } },
  };
}

/** By kind and name, of all that the restore brings. */
async function uidsThere(): Promise<Readonly<Record<string, unknown>>> {
  const paths = [
    `/apis/apps/v1/namespaces/${copy}/deployments`,
    `/api/v1/namespaces/${copy}/configmaps`,
    `/apis/batch/v1/namespaces/${copy}/cronjobs`,
  ];
  const lists = await Promise.all(paths.map((path) => rig.client.list(path)));
  const found = lists.flat().filter(({ metadata }) => metadata.name !== "kube-root-ca.crt");
  return Object.fromEntries(found.map(({ metadata }) => [metadata.name, metadata["uid"]]));
}

async function deployments(): Promise<readonly string[]> {
  const all = await rig.client.list(`/apis/apps/v1/namespaces/${copy}/deployments`);
  return all.map(({ metadata }) => metadata.name).sort();
}

const isSuspended = async () =>
  (await rig.client.get(`/apis/batch/v1/namespaces/${copy}/cronjobs/nightly`))["spec"];

const podsOf = (name: string) =>
  eventually(`${name}'s pod`, async () =>
    (await rig.client.list(`/api/v1/namespaces/${copy}/pods`)).some(({ metadata }) =>
      metadata.name.startsWith(`${name}-`),
    ),
  );

/** The same command each time, through a proxy that notes what the run asks for from here on. */
async function begin() {
  await node.sayIsReady();
  const from = proxy.requests.length;
  const mapping = ["--namespace-mapping", `${app}:${copy}`, "--include-external"];
  const args = ["restore", "b1", ...mapping, "--location", location.url];
  const running = await startCli(args, { kubeconfig: proxy.kubeconfigPath });
  const requests = () => proxy.requests.slice(from);
  const waits = () =>
    eventually("the tier to be waited for", async () =>
      requests().some(({ path, query }) => path.endsWith(`/${copy}/deployments`) && query.includes("watch=")),
    );
  const creations = (resource = "") =>
    requests().filter(
      ({ method, path }) => method === "POST" && path.includes(`/${copy}/`) && path.endsWith(resource),
    );
  return { running, waits, creations };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 500));

it("a restore that is killed between and within tiers goes on where it stopped: each waits for those before, nothing is made twice", async () => {
  const first = await begin();
  await podsOf("db");
  await first.waits();
  first.running.signal("SIGKILL");
  expect((await first.running.result).signal).toBe("SIGKILL");
  const afterFirst = await uidsThere();
  expect(Object.keys(afterFirst).sort()).toEqual(["db", "nightly", "settings"]);

  // Of the two that come next, one is created when the run dies.
  proxy.add({
    when: ({ method, path }) => method === "POST" && path.endsWith(`/${copy}/deployments`),
    after: 1,
    fault: { delayMs: 600_000 },
  });
  const second = await begin();
  await second.running.waitForLine(/Resuming restore\/b1-/);
  await second.waits();
  await settle();
  expect(await deployments()).toEqual(["db"]);
  await node.runPodsOf(copy, "db");
  await eventually("one of the next tier", async () => (await deployments()).length === 2);
  await eventually("the other", async () => second.creations("deployments").length === 2);
  second.running.signal("SIGKILL");
  expect((await second.running.result).signal).toBe("SIGKILL");
  proxy.clear();
  const afterSecond = await uidsThere();
  expect(afterSecond).toMatchObject(afterFirst);
  expect(Object.keys(afterSecond)).toHaveLength(4);
  expect(await isSuspended()).toMatchObject({ suspend: true });

  const third = await begin();
  await podsOf("api");
  await podsOf("web");
  await third.waits();
  await settle();
  expect(await deployments()).toEqual(["api", "db", "web"]);
  await node.runPodsOf(copy, "api");
  await node.runPodsOf(copy, "web");
  await podsOf("batch");
  await settle();
  expect(await deployments()).toEqual(["api", "batch", "db", "web"]);
  expect(await isSuspended()).toMatchObject({ suspend: true });
  await node.runPodsOf(copy, "batch");
  const end = await third.running.result;

  expect(end.code, end.stderr).toBe(0);
  const all = await uidsThere();
  expect(all).toMatchObject(afterSecond);
  expect(Object.keys(all).sort()).toEqual([
    ...["api", "batch", "db", "idle", "nightly", "owned", "settings", "web"],
  ]);
  expect(await isSuspended()).toMatchObject({ suspend: false });
  // Nobody tried to create what was there: of all three runs' requests the killed one alone has no answer.
  const answers = first.creations().map(({ status }) => status);
  expect(new Set(answers)).toEqual(new Set([201, undefined]));
  expect(first.creations("/configmaps")).toHaveLength(2);
  expect(first.creations("/cronjobs")).toHaveLength(1);
  expect(first.creations("/deployments")).toHaveLength(6);
  const owned = await rig.client.get(`/api/v1/namespaces/${copy}/configmaps/owned`);
  expect(owned.metadata["ownerReferences"]).toEqual([
    expect.objectContaining({ name: "batch", uid: all["batch"] }),
  ]);
  const objects = await rig.client.list(`/apis/apps/v1/namespaces/${copy}/deployments`);
  expect(JSON.stringify(objects)).not.toContain("pending-steps");
});
