import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RestoreReport } from "#core/restore/report.ts";
import { eventually } from "#test/harness/eventually.ts";
import type { ApplyObject } from "#test/harness/kube-client.ts";
import { runCli } from "#test/harness/run-cli.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { directoryLocation } from "#test/integration/cli/test-location.ts";
import { addPlayedNode, type PlayedNode } from "./played-node.ts";
import { configMap, deployment, namespace, openRig, type Rig } from "./rig.ts";

const TIER = "kubectl-backup.io/tier";
const ORDER = "kubectl-backup.io/restore-order";
let rig: Rig;
let node: PlayedNode;

beforeAll(async () => {
  rig = await openRig(sharedCluster());
  node = await addPlayedNode(rig);
});
afterAll(async () => {
  await node.remove();
  await rig.stop();
});

function labelled(object: ApplyObject, labels: Record<string, string>): ApplyObject {
  return { ...object, metadata: { ...object.metadata, labels } };
}

async function deployments(ns: string): Promise<readonly string[]> {
  return (await rig.client.list(`/apis/apps/v1/namespaces/${ns}/deployments`))
    .map(({ metadata }) => metadata.name)
    .sort();
}

/** Suspended from the start, so that nothing writes to it after its creation. */
function cronJob(ns: string, name: string, metadata: Record<string, unknown>): ApplyObject {
  const template = { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "pause" }] } };
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { namespace: ns, name, ...metadata },
    spec: { schedule: "0 0 1 1 *", suspend: true, jobTemplate: { spec: { template } } },
  };
}

function awake(object: ApplyObject): ApplyObject {
  return { ...object, spec: { ...(object["spec"] as object), suspend: false } };
}

/** Names in the order in which the objects were last written. */
async function inOrder(paths: readonly string[]): Promise<readonly string[]> {
  const objects = await Promise.all(paths.map((path) => rig.client.get(path)));
  return objects
    .toSorted((left, right) => Number(left.metadata.resourceVersion) - Number(right.metadata.resourceVersion))
    .map(({ metadata }) => metadata.name);
}

describe("tiers", () => {
  it("are ready one after the other, and what an object refers to comes before it", async () => {
    const [app, copy] = [uniqueName("app"), uniqueName("copy")];
    await rig.client.apply([
      labelled(namespace(app), { [TIER]: "low" }),
      configMap(app, "settings"),
      labelled(deployment(app, "db"), { [TIER]: "critical" }),
      labelled(deployment(app, "web"), { [TIER]: "high" }),
      deployment(app, "batch"),
      labelled(deployment(app, "idle"), { [TIER]: "none" }),
    ]);
    const backup = await rig.backUp([app]);
    await node.sayIsReady();
    let ended: RestoreReport | undefined;
    const restoring = rig
      .restore(backup, { namespaceMapping: { [app]: copy }, wait: true, timeoutSeconds: 60 })
      .then((report) => {
        ended = report;
      });
    const begun = async (name: string) =>
      (await deployments(copy)).includes(name) &&
      (await rig.client.list(`/api/v1/namespaces/${copy}/pods`)).some(({ metadata }) =>
        metadata.name.startsWith(`${name}-`),
      );

    await eventually("db's pod", () => begun("db"));
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await deployments(copy)).toEqual(["db"]);
    expect(await rig.client.find(`/api/v1/namespaces/${copy}/configmaps/settings`)).toBeDefined();
    await node.runPodsOf(copy, "db");
    await eventually("web's pod", () => begun("web"));
    expect(await deployments(copy)).toEqual(["db", "web"]);
    await node.runPodsOf(copy, "web");
    await eventually("batch's pod", () => begun("batch"));
    expect(await deployments(copy)).toEqual(["batch", "db", "web"]);
    expect(ended).toBeUndefined();
    await node.runPodsOf(copy, "batch");
    await restoring;

    expect(await deployments(copy)).toEqual(["batch", "db", "idle", "web"]);
    expect(ended).toMatchObject({ complete: true, notReady: [] });
    expect(ended?.notes.join()).toMatch(/1 objects of tier none were not waited for/);
  });

  it("run out of their own time, which is reported, and the next begins", async () => {
    const [app, copy] = [uniqueName("app"), uniqueName("copy")];
    await rig.client.apply([
      namespace(app),
      labelled(deployment(app, "never"), { [TIER]: "critical" }),
      deployment(app, "other"),
    ]);
    const location = await directoryLocation();
    const kubeconfig = sharedCluster().kubeconfigPath;
    const at = ["--location", location.url];
    expect((await runCli(["create", "b1", "-n", app, ...at], { kubeconfig })).code).toBe(0);
    await node.sayIsReady();

    const plan = await runCli(["restore", "b1", "-n", app, "--dry-run", ...at], { kubeconfig });
    const mapping = ["--namespace-mapping", `${app}:${copy}`, "--tier-timeout", "2s"];
    const { code, stdout } = await runCli(["restore", "b1", ...mapping, "-o", "json", ...at], { kubeconfig });

    expect(plan.stdout).toMatch(/TIER +WORKLOADS +OBJECTS\ncritical +\d+/);
    expect(code).toBe(3);
    const report = JSON.parse(stdout);
    expect(report.notReady.map(({ name }: { name: string }) => name).sort()).toEqual(["never", "other"]);
    expect(report.notes.join()).toMatch(/tier critical was not ready when its time had run out/);
    await location.remove();
  });

  it("count as over when what ran out of its time has become ready by the end", async () => {
    const [app, copy] = [uniqueName("app"), uniqueName("copy")];
    await rig.client.apply([
      namespace(app),
      labelled(deployment(app, "slow"), { [TIER]: "critical" }),
      deployment(app, "other"),
    ]);
    const backup = await rig.backUp([app]);
    await node.sayIsReady();
    const request = { namespaceMapping: { [app]: copy }, wait: true, tierTimeoutSeconds: 4 };
    const restoring = rig.restore(backup, request);
    await eventually("the next tier", async () => (await deployments(copy)).includes("other"));
    await eventually("its pods", async () => {
      const pods = await rig.client.list(`/api/v1/namespaces/${copy}/pods`);
      return pods.length === 2;
    });
    await node.runPodsOf(copy, "slow");
    await node.runPodsOf(copy, "other");
    const report = await restoring;
    expect(report).toMatchObject({ complete: true, notReady: [] });
    expect(report.notes.join()).toMatch(/tier critical was not ready when its time had run out/);
  });

  it("let no CronJob of an earlier tier wake before all of the later ones are there", async () => {
    const app = uniqueName("app");
    await rig.client.apply([
      namespace(app),
      awake(cronJob(app, "nightly", { labels: { [TIER]: "critical" } })),
      cronJob(app, "late", { labels: { [TIER]: "low" } }),
    ]);
    const backup = await rig.backUp([app]);
    await rig.removeNamespace(app);
    expect(await rig.restore(backup)).toMatchObject({ complete: true, warnings: [] });
    const path = (name: string) => `/apis/batch/v1/namespaces/${app}/cronjobs/${name}`;
    expect((await rig.client.get(path("nightly")))["spec"]).toMatchObject({ suspend: false });
    expect(await inOrder([path("nightly"), path("late")])).toEqual(["late", "nightly"]);
  });
});

describe("restore-order", () => {
  it("orders namespaces, and the workloads in them, each after its own prerequisites", async () => {
    const [one, two] = [uniqueName("one"), uniqueName("two")];
    const label = (order: string) => ({ labels: { [ORDER]: order } });
    await rig.client.apply([
      labelled(namespace(one), { [ORDER]: "2" }),
      labelled(namespace(two), { [ORDER]: "1" }),
      cronJob(one, "a-1", label("1")),
      cronJob(two, "b-9", label("9")),
      cronJob(two, "b-10", label("10")),
      cronJob(two, "b-below", { annotations: { [ORDER]: "-1" } }),
      configMap(one, "settings-1"),
      configMap(two, "settings-2"),
    ]);
    const backup = await rig.backUp([one, two]);
    await rig.removeNamespace(one);
    await rig.removeNamespace(two);

    expect(await rig.restore(backup)).toMatchObject({ complete: true, warnings: [] });

    const jobs = (ns: string, name: string) => `/apis/batch/v1/namespaces/${ns}/cronjobs/${name}`;
    const paths = [
      jobs(one, "a-1"),
      `/api/v1/namespaces/${one}/configmaps/settings-1`,
      jobs(two, "b-10"),
      jobs(two, "b-9"),
      jobs(two, "b-below"),
      `/api/v1/namespaces/${two}/configmaps/settings-2`,
    ];
    expect(await inOrder(paths)).toEqual(["settings-2", "b-below", "b-9", "b-10", "settings-1", "a-1"]);
  });

  it("that is no integer is named and taken as none", async () => {
    const app = uniqueName("app");
    await rig.client.apply([labelled(namespace(app), { [ORDER]: "soon", [TIER]: "gold" })]);
    const backup = await rig.backUp([app]);
    const { plan } = await rig.prepare(backup);
    expect(plan.warnings.join("\n")).toMatch(
      /tier=gold .*taken as normal[\s\S]*restore-order=soon .*taken as 0/,
    );
  });
});
