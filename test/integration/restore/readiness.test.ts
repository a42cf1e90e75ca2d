import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RestoreReport } from "#core/restore/report.ts";
import { eventually } from "#test/harness/eventually.ts";
import type { ApplyObject } from "#test/harness/kube-client.ts";
import { runCli } from "#test/harness/run-cli.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { directoryLocation } from "#test/integration/cli/test-location.ts";
import { deployment, namespace, openRig, type Rig } from "./rig.ts";

const node = uniqueName("node");
const nodePath = `/api/v1/nodes/${node}`;
const MERGE = "application/merge-patch+json";
let rig: Rig;

beforeAll(async () => {
  rig = await openRig(sharedCluster());
  await rig.client.create("/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata: { name: node } });
});
afterAll(async () => {
  await rig.client.delete(nodePath);
  await rig.stop();
});

async function patchStatus(path: string, status: Record<string, unknown>): Promise<void> {
  const options = { body: { status }, contentType: MERGE };
  const reply = await rig.client.request("PATCH", `${path}/status`, options);
  if (reply.status !== 200) throw new Error(reply.text);
}

const ready = () => ({ type: "Ready", status: "True", lastHeartbeatTime: new Date().toISOString() });

/** What a kubelet does first; the node controller would call a silent node unknown after a minute. */
const sayNodeIsReady = () => patchStatus(nodePath, { conditions: [ready()] });

/** The tests play scheduler and kubelet: binds every pod to the node and says that it runs. */
async function runPods(ns: string): Promise<void> {
  const pods = `/api/v1/namespaces/${ns}/pods`;
  for (const { metadata, spec } of await rig.client.list(pods)) {
    const path = `${pods}/${metadata.name}`;
    if ((spec as Record<string, unknown>)["nodeName"] === undefined) {
      await rig.client.request("POST", `${path}/binding`, {
        body: {
          apiVersion: "v1",
          kind: "Binding",
          metadata: { name: metadata.name },
          target: { apiVersion: "v1", kind: "Node", name: node },
        },
      });
    }
    await patchStatus(path, { phase: "Running", startTime: new Date().toISOString(), conditions: [ready()] });
  }
}

function statefulSet(ns: string, name: string): ApplyObject {
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { namespace: ns, name },
    spec: {
      serviceName: name,
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "pause" }] } },
    },
  };
}

function job(ns: string, name: string): ApplyObject {
  const template = { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "pause" }] } };
  return { apiVersion: "batch/v1", kind: "Job", metadata: { namespace: ns, name }, spec: { template } };
}

describe("a restore that waits", () => {
  it("ends when the controllers report that what it restored is ready, and not before", async () => {
    const [app, copy] = [uniqueName("app"), uniqueName("copy")];
    await rig.client.apply([
      namespace(app),
      deployment(app, "web"),
      statefulSet(app, "db"),
      job(app, "import"),
    ]);
    const backup = await rig.backUp([app]);
    await sayNodeIsReady();
    rig.events.length = 0;
    let ended: RestoreReport | undefined;

    const restoring = rig
      .restore(backup, { namespaceMapping: { [app]: copy }, startJobs: true, wait: true, timeoutSeconds: 60 })
      .then((report) => {
        ended = report;
      });
    await eventually("the waiting to begin", async () =>
      rig.events.some((event) => event.type === "phase-started" && event.phase === "wait"),
    );
    const pods = () => rig.client.list(`/api/v1/namespaces/${copy}/pods`);
    await eventually("a pod of each", async () => (await pods()).length === 3);
    expect(ended).toBeUndefined();
    await eventually("the restore to end", async () => {
      await runPods(copy);
      return ended !== undefined;
    });
    await restoring;

    expect(ended).toMatchObject({ complete: true, notReady: [], troubles: [] });
    expect(ended?.notWaited).toBeUndefined();
    const statusOf = async (path: string) =>
      (await rig.client.get(`/apis/${path}`))["status"] as Record<string, unknown>;
    expect(await statusOf(`apps/v1/namespaces/${copy}/deployments/web`)).toMatchObject({
      availableReplicas: 1,
    });
    expect(await statusOf(`apps/v1/namespaces/${copy}/statefulsets/db`)).toMatchObject({ readyReplicas: 2 });
    expect(await statusOf(`batch/v1/namespaces/${copy}/jobs/import`)).toHaveProperty("startTime");
  });

  it("ends at its timeout with exit code 3 and the name of what is not ready", async () => {
    const [app, copy] = [uniqueName("app"), uniqueName("copy")];
    await rig.client.apply([namespace(app), deployment(app, "never")]);
    const location = await directoryLocation();
    const kubeconfig = sharedCluster().kubeconfigPath;
    const at = ["--location", location.url];
    const made = await runCli(["create", "b1", "-n", app, ...at], { kubeconfig });
    expect(made.code, made.stderr).toBe(0);
    await sayNodeIsReady();

    const mapping = ["--namespace-mapping", `${app}:${copy}`];
    const { code, stdout, durationMs } = await runCli(
      ["restore", "b1", ...mapping, "--timeout", "3s", "-o", "json", ...at],
      { kubeconfig },
    );

    expect(code).toBe(3);
    expect(durationMs).toBeGreaterThan(3_000);
    expect(JSON.parse(stdout)).toMatchObject({
      complete: false,
      counts: { failed: 0 },
      notReady: [
        {
          kind: "Deployment",
          namespace: copy,
          name: "never",
          why: expect.stringContaining("0 of 1 replicas are available"),
        },
      ],
    });
    await location.remove();
  });
});
