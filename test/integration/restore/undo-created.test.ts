import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "#test/harness/eventually.ts";
import type { ApplyObject } from "#test/harness/kube-client.ts";
import { runCli } from "#test/harness/run-cli.ts";
import { scratchDirectory } from "#test/harness/scratch.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { configMap, customKind, deployment, namespace, openRig, type Rig } from "./rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await openRig(sharedCluster());
});
afterAll(() => rig.stop());

const core = (ns: string, rest: string) => `/api/v1/namespaces/${ns}/${rest}`;
const apps = (ns: string, rest: string) => `/apis/apps/v1/namespaces/${ns}/${rest}`;
const find = (path: string) => rig.client.find(path);

/** Objects in a namespace of their own, backed up, gone and restored. */
async function restored(make: (app: string) => readonly ApplyObject[]) {
  const app = uniqueName("app");
  await rig.client.apply([namespace(app), ...make(app)]);
  const backup = await rig.backUp([app]);
  await rig.removeNamespace(app);
  const { restore, complete } = await rig.restore(backup);
  expect(complete).toBe(true);
  return { app, restore, undo: (more = {}) => rig.undo(restore, { created: true, ...more }) };
}

const reasonsOf = (undone: Awaited<ReturnType<Rig["undo"]>>) =>
  undone.failed.map(({ name, outcome }) => [name, "reason" in outcome ? outcome.reason : ""]);

describe("an object that was edited since the restore created it", () => {
  it("is kept, named and makes the undo incomplete, until conflicts are forced; others go", async () => {
    const location = await scratchDirectory("undo");
    const { kubeconfigPath: kubeconfig } = sharedCluster();
    const run = (...args: string[]) =>
      runCli([...args, "--location", `file://${location.path}`], { kubeconfig });
    const app = uniqueName("app");
    const [edited, untouched] = [core(app, "configmaps/edited"), core(app, "configmaps/untouched")];
    await rig.client.apply([namespace(app), configMap(app, "edited"), configMap(app, "untouched")]);
    expect((await run("create", "b1", "-n", app)).code).toBe(0);
    await rig.removeNamespace(app);
    expect((await run("restore", "b1", "--name", "r1")).code).toBe(0);
    const before = await rig.client.get(edited);
    await rig.client.replace(edited, { ...before, data: { key: "edited" } });

    const plan = await run("restore", "--undo", "r1", "--created", "--dry-run");
    const undone = await run("restore", "--undo", "r1", "--created");
    const [kept, gone] = [await find(edited), await find(untouched)];
    const forced = await run("restore", "--undo", "r1", "--created", "--force-conflicts");

    expect(plan.code).toBe(3);
    expect(plan.stdout).toMatch(new RegExp(`configmaps ${app}/edited: kept: .*--force-conflicts`));
    expect(plan.stdout).toContain(`configmaps ${app}/untouched: deleted`);
    expect(plan.stdout).toMatch(new RegExp(`namespaces ${app}: kept`));
    expect(undone.code).toBe(3);
    expect(undone.stderr).toMatch(new RegExp(`failed: configmaps ${app}/edited: .*--force-conflicts`));
    expect(undone.stdout).toContain("1 changed since the restore that is undone");
    expect([kept?.["data"], gone]).toEqual([{ key: "edited" }, undefined]);
    expect([forced.code, forced.stderr]).toEqual([0, expect.any(String)]);
    expect(await find(edited)).toBeUndefined();
    await location.remove();
  });

  it("is kept also where something was only taken out of it, which leaves no trace in managedFields", async () => {
    const { app, undo } = await restored((ns) => [
      configMap(ns, "one", { data: { key: "value", more: "there" } }),
      configMap(ns, "labelled", { metadata: { namespace: ns, name: "labelled", labels: { a: "b" } } }),
    ]);
    await rig.client.patch(core(app, "configmaps/one"), { data: { more: null } }, "merge");
    await rig.client.patch(core(app, "configmaps/labelled"), { metadata: { labels: { a: null } } }, "merge");
    expect(reasonsOf(await undo()).sort()).toEqual([
      ["labelled", "changed-since"],
      ["one", "changed-since"],
    ]);
    expect(await find(core(app, "configmaps/one"))).toBeDefined();
  });

  it("goes where the edit was taken back", async () => {
    const { app, undo } = await restored((ns) => [configMap(ns, "one")]);
    const path = core(app, "configmaps/one");
    await rig.client.patch(path, { data: { key: "other" } }, "merge");
    await rig.client.patch(path, { data: { key: "value" } }, "merge");
    expect((await undo()).failed).toEqual([]);
    expect(await find(path)).toBeUndefined();
  });

  it("is kept where it is edited between the look and the deletion", async () => {
    const { app, restore } = await restored((ns) => [configMap(ns, "one"), configMap(ns, "two")]);
    const { remove, patch } = rig.cluster;
    const kind = { group: "", version: "v1", resource: "configmaps", kind: "ConfigMap", namespaced: true };
    const cluster: typeof rig.cluster = {
      ...rig.cluster,
      remove: async (ref, options) => {
        const edit = Buffer.from(JSON.stringify({ data: { late: "edit" } }));
        if (ref.name === "one")
          await patch(
            { resource: kind, namespace: app, name: "one" },
            { type: "merge", body: edit },
            options,
          );
        return remove(ref, options);
      },
    };
    const undone = await rig.undo(restore, { created: true, cluster });
    expect(reasonsOf(undone)).toEqual([["one", "changed-since"]]);
    expect(await find(core(app, "configmaps/one"))).toMatchObject({ data: { late: "edit" } });
    expect(await find(core(app, "configmaps/two"))).toBeUndefined();
  });

  it("keeps what owns it and would take it along", async () => {
    const app = uniqueName("app");
    await rig.client.apply([namespace(app), configMap(app, "owner"), configMap(app, "other")]);
    const { uid } = (await rig.client.get(core(app, "configmaps/owner"))).metadata;
    const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name: "owner", uid }];
    await rig.client.apply([
      configMap(app, "owned", { metadata: { namespace: app, name: "owned", ownerReferences } }),
    ]);
    const backup = await rig.backUp([app]);
    await rig.removeNamespace(app);
    const { restore } = await rig.restore(backup);
    await rig.client.patch(core(app, "configmaps/owned"), { data: { key: "edited" } }, "merge");

    const undone = await rig.undo(restore, { created: true });

    expect(reasonsOf(undone)).toEqual([["owned", "changed-since"]]);
    expect(undone.reasons).toMatchObject({ "owns-kept": 1, "namespace-not-empty": 1 });
    expect(await find(core(app, "configmaps/other"))).toBeUndefined();
    // The garbage collector takes half a second.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await find(core(app, "configmaps/owned"))).toMatchObject({ data: { key: "edited" } });
    expect(await find(core(app, "configmaps/owner"))).toBeDefined();
  });
});

describe("what controllers and our own later steps change", () => {
  it("is no edit: all goes, with its namespace", async () => {
    const custom = await customKind(rig);
    const labels = { app: "set" };
    const template = { metadata: { labels }, spec: { containers: [{ name: "c", image: "pause" }] } };
    const job = { template: { spec: { ...template.spec, restartPolicy: "Never" } } };
    const { app, undo } = await restored((ns) => [
      deployment(ns, "web"),
      deployment(ns, "scaled"),
      {
        apiVersion: "apps/v1",
        kind: "StatefulSet",
        metadata: { namespace: ns, name: "set" },
        spec: { serviceName: "set", selector: { matchLabels: labels }, template },
      },
      {
        apiVersion: "batch/v1",
        kind: "CronJob",
        metadata: { namespace: ns, name: "nightly" },
        spec: { schedule: "0 0 1 1 *", jobTemplate: { spec: job } },
      },
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { namespace: ns, name: "web" },
        spec: { type: "NodePort", selector: { app: "web" }, ports: [{ port: 80 }] },
      },
      {
        apiVersion: "autoscaling/v2",
        kind: "HorizontalPodAutoscaler",
        metadata: { namespace: ns, name: "scaled" },
        spec: {
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "scaled" },
          minReplicas: 1,
          maxReplicas: 3,
        },
      },
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: {
          namespace: ns,
          name: "token",
          annotations: { "kubernetes.io/service-account.name": "default" },
        },
        type: "kubernetes.io/service-account-token",
      },
      { ...custom.type, metadata: { namespace: ns, name: "one" }, spec: { size: 1 } },
    ]);
    const one = `${custom.path(app)}/one`;
    await rig.client.patch(one, { metadata: { finalizers: ["example.com/operator"] } }, "merge");
    await rig.client.patch(`${one}/status`, { status: { phase: "Good" } }, "merge");
    await rig.client.patch(apps(app, "deployments/scaled/scale"), { spec: { replicas: 2 } }, "merge");
    await eventually("settled", async () => {
      const token = await rig.client.get(core(app, "secrets/token"));
      const [web, scaled] = await Promise.all(
        ["web", "scaled"].map((name) => rig.client.get(apps(app, `deployments/${name}`))),
      );
      const cron = await rig.client.get(`/apis/batch/v1/namespaces/${app}/cronjobs/nightly`);
      return (
        token["data"] !== undefined &&
        JSON.stringify([web, scaled, cron["spec"]]).includes('"suspend":false') &&
        JSON.stringify(web).includes('"observedGeneration":1') &&
        JSON.stringify(scaled).includes('"observedGeneration":2')
      );
    });

    const undone = await undo();

    expect(undone.failed).toEqual([]);
    expect(undone.reasons).toEqual({});
    const left = await find(`/api/v1/namespaces/${app}`);
    expect(left === undefined || left.metadata["deletionTimestamp"] !== undefined).toBe(true);
    await rig.client.patch(one, { metadata: { finalizers: null } }, "merge");
    await custom.remove();
  });

  it("does not hide a Deployment's edit, which keeps its history too", async () => {
    const { app, undo } = await restored((ns) => [deployment(ns, "web")]);
    const path = apps(app, "deployments/web");
    await rig.client.patch(path, { metadata: { annotations: { team: "b" } } }, "merge");
    await eventually("copied", async () => {
      const sets = await rig.client.list(apps(app, "replicasets"));
      return sets.some(({ metadata }) => JSON.stringify(metadata).includes('"team":"b"'));
    });
    const undone = await undo();
    expect(reasonsOf(undone)).toEqual([["web", "changed-since"]]);
    expect(undone.reasons).toMatchObject({ "changed-since": 1, "owner-kept": 1 });
    expect(await rig.client.list(apps(app, "replicasets"))).toHaveLength(1);
  });
});
