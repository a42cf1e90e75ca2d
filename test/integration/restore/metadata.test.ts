import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "#test/harness/eventually.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { configMap, deployment, namespace, openRig, type Rig } from "./rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await openRig(sharedCluster());
});
afterAll(() => rig.stop());

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("what a server set on the old object", () => {
  it("is left behind: objects return without the server refusing any", async () => {
    const app = uniqueName("app");
    await rig.client.apply([namespace(app), configMap(app, "settings")]);
    const backup = await rig.backUp([app]);
    await rig.removeNamespace(app);

    const report = await rig.restore(backup);

    expect(report.failed).toEqual([]);
    expect(report.complete).toBe(true);
    const restored = await rig.client.get(`/api/v1/namespaces/${app}/configmaps/settings`);
    expect(restored["data"]).toEqual({ key: "value" });
    expect(restored.metadata["annotations"]).toEqual({
      "kubectl-backup.io/restored-from": `${backup}/${report.restore}`,
    });
  });

  it("does not get a child deleted: its owner reference has the owner's new uid", async () => {
    const app = uniqueName("app");
    await rig.client.apply([namespace(app), deployment(app, "web")]);
    const web = await rig.client.get(`/apis/apps/v1/namespaces/${app}/deployments/web`);
    const ownerReferences = [
      { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: web.metadata["uid"] },
    ];
    await rig.client.create(`/api/v1/namespaces/${app}/configmaps`, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "child", ownerReferences },
    });
    const backup = await rig.backUp([app]);
    await rig.removeNamespace(app);

    const report = await rig.restore(backup);

    expect(report.complete).toBe(true);
    await pause(5_000);
    const owner = await rig.client.get(`/apis/apps/v1/namespaces/${app}/deployments/web`);
    const child = await rig.client.get(`/api/v1/namespaces/${app}/configmaps/child`);
    expect(owner.metadata["uid"]).not.toBe(web.metadata["uid"]);
    expect(child.metadata["ownerReferences"]).toMatchObject([{ name: "web", uid: owner.metadata["uid"] }]);
    expect(child.metadata["annotations"]).not.toHaveProperty("kubectl-backup.io/pending-steps");
  });

  it("lets a deployment begin its generations anew, with one replica set and no second pod", async () => {
    const app = uniqueName("app");
    await rig.client.apply([namespace(app), deployment(app, "web")]);
    const path = `/apis/apps/v1/namespaces/${app}/deployments/web`;
    for (const replicas of [2, 1, 2]) await rig.client.patch(path, { spec: { replicas } }, "merge");
    await eventually(
      "two pods",
      async () => (await rig.client.list(`/api/v1/namespaces/${app}/pods`)).length === 2,
    );
    const backup = await rig.backUp([app]);
    await rig.removeNamespace(app);

    const report = await rig.restore(backup);

    expect(report.complete).toBe(true);
    expect(report.reasons).toMatchObject({ "controller-made": 2 });
    await eventually(
      "two pods",
      async () => (await rig.client.list(`/api/v1/namespaces/${app}/pods`)).length === 2,
    );
    await pause(2_000);
    expect(await rig.client.list(`/api/v1/namespaces/${app}/pods`)).toHaveLength(2);
    expect(await rig.client.list(`/apis/apps/v1/namespaces/${app}/replicasets`)).toHaveLength(1);

    // Without its history it makes that anew, of the same template.
    const copy = uniqueName("copy");
    await rig.restore(backup, {
      selection: { includeResources: ["deployments"] },
      namespaceMapping: { [app]: copy },
    });
    const pods = `/api/v1/namespaces/${copy}/pods`;
    await eventually("two pods", async () => (await rig.client.list(pods)).length === 2);
    await pause(2_000);
    expect(await rig.client.list(pods)).toHaveLength(2);
    expect(await rig.client.list(`/apis/apps/v1/namespaces/${copy}/replicasets`)).toHaveLength(1);
  });
});

describe("a deployment's history", () => {
  it("returns before it and is adopted by it, not collected", async () => {
    const app = uniqueName("app");
    const web = deployment(app, "web");
    const spec = { ...(web["spec"] as object), strategy: { type: "Recreate" } };
    await rig.client.apply([namespace(app), { ...web, spec }]);
    const path = `/apis/apps/v1/namespaces/${app}/deployments/web`;
    const revisions = async () => {
      const { uid } = (await rig.client.get(path)).metadata;
      return (await rig.client.list(`/apis/apps/v1/namespaces/${app}/replicasets`)).filter(({ metadata }) =>
        JSON.stringify(metadata["ownerReferences"] ?? []).includes(String(uid)),
      );
    };
    await eventually("the first revision", async () => (await revisions()).length === 1);
    await rig.client.patch(path, { spec: { template: { metadata: { annotations: { v: "2" } } } } }, "merge");
    await eventually("the second revision", async () => (await revisions()).length === 2);
    const backup = await rig.backUp([app]);
    await rig.removeNamespace(app);

    const report = await rig.restore(backup);

    expect(report.failed).toEqual([]);
    await eventually("both revisions", async () => (await revisions()).length === 2);
    // The garbage collector takes half a second.
    await pause(2_000);
    expect(await revisions()).toHaveLength(2);
    expect((await rig.client.get(path)).metadata["annotations"]).toMatchObject({
      "deployment.kubernetes.io/revision": "2",
    });
  });
});

describe("a namespace", () => {
  it("with foreign finalizers in its spec returns without them and can be deleted later", async () => {
    const app = uniqueName("app");
    await rig.client.create("/api/v1/namespaces", {
      ...namespace(app),
      spec: { finalizers: ["kubernetes", "example.com/blocks"] },
    });
    const backup = await rig.backUp([app]);
    await rig.client.delete(`/api/v1/namespaces/${app}`);
    await rig.client.request("PUT", `/api/v1/namespaces/${app}/finalize`, {
      body: { apiVersion: "v1", kind: "Namespace", metadata: { name: app }, spec: { finalizers: [] } },
    });
    await rig.removeNamespace(app);

    const report = await rig.restore(backup);

    expect(report.complete).toBe(true);
    await rig.client.delete(`/api/v1/namespaces/${app}`);
    const isGone = async () => (await rig.client.find(`/api/v1/namespaces/${app}`)) === undefined;
    await eventually("its controller to delete it", isGone, { timeoutMs: 30_000 });
  });

  it("that is going away is waited for and then made anew", async () => {
    const app = uniqueName("app");
    await rig.client.apply([namespace(app), configMap(app, "plain")]);
    const backup = await rig.backUp([app]);
    const held = configMap(app, "held");
    await rig.client.apply([{ ...held, metadata: { ...held.metadata, finalizers: ["example.com/hold"] } }]);
    await rig.client.delete(`/api/v1/namespaces/${app}`);
    setTimeout(() => {
      const path = `/api/v1/namespaces/${app}/configmaps/held`;
      void rig.client.patch(path, { metadata: { finalizers: null } }, "merge");
    }, 1_500);

    const report = await rig.restore(backup, { timeoutSeconds: 60 });

    expect(report.failed).toEqual([]);
    expect(await rig.client.find(`/api/v1/namespaces/${app}/configmaps/plain`)).toBeDefined();
  });

  it("that does not go away in time is named, and nothing is tried inside", async () => {
    const app = uniqueName("app");
    await rig.client.apply([namespace(app), configMap(app, "plain")]);
    const backup = await rig.backUp([app]);
    const held = configMap(app, "held");
    await rig.client.apply([{ ...held, metadata: { ...held.metadata, finalizers: ["example.com/hold"] } }]);
    await rig.client.delete(`/api/v1/namespaces/${app}`);

    const report = await rig.restore(backup, { timeoutSeconds: 1 });

    expect(report.complete).toBe(false);
    expect(report.failed).toMatchObject([
      {
        name: app,
        outcome: {
          reason: "still-terminating",
          message: expect.stringMatching(/is being deleted and was still there at the timeout/),
        },
      },
      {
        name: "plain",
        outcome: {
          reason: "namespace-not-ready",
          message: expect.stringMatching(/^its namespace could not be restored: /),
        },
      },
    ]);
    await rig.client.patch(
      `/api/v1/namespaces/${app}/configmaps/held`,
      { metadata: { finalizers: null } },
      "merge",
    );
  });
});

describe("under another name", () => {
  it("objects go into the mapped namespace, and subjects of bindings with them", async () => {
    const [app, copy] = [uniqueName("app"), uniqueName("copy")];
    await rig.client.apply([
      namespace(app, { labels: { "kubectl-backup.io/protect": "true", team: "a" } }),
      configMap(app, "settings"),
      {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "Role",
        metadata: { namespace: app, name: "reads" },
        rules: [],
      },
      {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "RoleBinding",
        metadata: { namespace: app, name: "reads" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reads" },
        subjects: [{ kind: "ServiceAccount", name: "robot", namespace: app }],
      },
    ]);
    const backup = await rig.backUp([app]);

    const report = await rig.restore(backup, { namespaceMapping: { [app]: copy } });

    expect(report.complete).toBe(true);
    const restored = await rig.client.get(`/api/v1/namespaces/${copy}`);
    expect(restored.metadata["labels"]).toEqual({ "kubernetes.io/metadata.name": copy, team: "a" });
    const binding = await rig.client.get(
      `/apis/rbac.authorization.k8s.io/v1/namespaces/${copy}/rolebindings/reads`,
    );
    expect(binding["subjects"]).toEqual([{ kind: "ServiceAccount", name: "robot", namespace: copy }]);
  });
});
