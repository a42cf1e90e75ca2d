import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "#test/harness/eventually.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { configMap, deployment, namespace, openRig, type Rig } from "./rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await openRig(sharedCluster());
});
afterAll(() => rig.stop());

const core = (ns: string, rest: string) => `/api/v1/namespaces/${ns}/${rest}`;
const rbac = "rbac.authorization.k8s.io";

/** Something of every kind that takes part in an application, in a namespace of its own. */
async function application(): Promise<string> {
  const app = uniqueName("app");
  const template = { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "pause" }] } };
  await rig.client.apply([
    namespace(app, { labels: { team: "a" } }),
    configMap(app, "settings"),
    { apiVersion: "v1", kind: "Secret", metadata: { namespace: app, name: "keys" }, stringData: { a: "b" } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { namespace: app, name: "robot" } },
    { apiVersion: `${rbac}/v1`, kind: "Role", metadata: { namespace: app, name: "reads" }, rules: [] },
    {
      apiVersion: `${rbac}/v1`,
      kind: "RoleBinding",
      metadata: { namespace: app, name: "reads" },
      roleRef: { apiGroup: rbac, kind: "Role", name: "reads" },
      subjects: [{ kind: "ServiceAccount", name: "robot", namespace: app }],
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { namespace: app, name: "web" },
      spec: { type: "NodePort", selector: { app: "web" }, ports: [{ port: 80 }] },
    },
    deployment(app, "web"),
    {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: { namespace: app, name: "nightly" },
      spec: { schedule: "0 3 * * *", jobTemplate: { spec: { template } } },
    },
    { apiVersion: "batch/v1", kind: "Job", metadata: { namespace: app, name: "once" }, spec: { template } },
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { namespace: app, name: "cache" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    },
    {
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: { namespace: app, name: "web" },
      spec: {
        minReplicas: 1,
        maxReplicas: 3,
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
      },
    },
    {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { namespace: app, name: "web" },
      spec: { minAvailable: 1, selector: { matchLabels: { app: "web" } } },
    },
    {
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { namespace: app, name: "all" },
      spec: { hard: { pods: "9" } },
    },
  ]);
  const web = await rig.client.get(`/apis/apps/v1/namespaces/${app}/deployments/web`);
  const ownerReferences = [
    { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: web.metadata["uid"] },
  ];
  await rig.client.create(core(app, "configmaps"), {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "child", ownerReferences },
  });
  await eventually("pod", async () => (await rig.client.list(core(app, "pods"))).length > 0);
  return app;
}

describe("the same restore twice", () => {
  it("writes nothing the second time and says that all is unchanged", async () => {
    const app = await application();
    const backup = await rig.backUp([app]);
    await rig.removeNamespace(app);
    const first = await rig.restore(backup);
    const versions = async () =>
      (
        await Promise.all(
          ["configmaps", "secrets", "serviceaccounts", "services", "persistentvolumeclaims"].map((kind) =>
            rig.client.list(core(app, kind)),
          ),
        )
      )
        .flat()
        .map(({ metadata }) => `${metadata.name} ${metadata["resourceVersion"]}`);
    const before = await versions();

    const second = await rig.restore(backup);
    const third = await rig.restore(backup, { existing: "update" });

    expect(first.failed).toEqual([]);
    expect(first.complete).toBe(true);
    expect(second.differing).toEqual([]);
    expect(second.counts).toMatchObject({ created: 0, updated: 0, failed: 0 });
    // The Deployment's ReplicaSet is not even compared: its Deployment is there and has it in hand.
    expect(second.counts.unchanged + (second.reasons["owner-exists"] ?? 0)).toBe(first.counts.created);
    expect(third.counts).toMatchObject({ created: 0, updated: 0, failed: 0 });
    expect(await versions()).toEqual(before);
  });
});

describe("an object that exists and differs", () => {
  it("is left alone and named by skip, and changed by update, which keeps what is only there", async () => {
    const app = uniqueName("app");
    await rig.client.apply([
      namespace(app),
      configMap(app, "same"),
      configMap(app, "changed"),
      configMap(app, "more"),
    ]);
    const backup = await rig.backUp([app]);
    await rig.client.patch(core(app, "configmaps/changed"), { data: { key: "other" } }, "merge");
    await rig.client.patch(core(app, "configmaps/more"), { data: { extra: "stays" } }, "merge");

    const skip = await rig.restore(backup);
    const strict = await rig.restore(backup, { strict: true });
    const left = await rig.client.get(core(app, "configmaps/changed"));
    const update = await rig.restore(backup, { existing: "update" });

    expect(skip.complete).toBe(true);
    expect(skip.differing.map(({ name }) => name)).toEqual(["changed", "more"]);
    expect(strict.complete).toBe(false);
    expect(left["data"]).toEqual({ key: "other" });
    expect(update.counts).toMatchObject({ created: 0, updated: 1, failed: 0 });
    expect((await rig.client.get(core(app, "configmaps/changed")))["data"]).toEqual({ key: "value" });
    expect((await rig.client.get(core(app, "configmaps/more")))["data"]).toEqual({
      key: "value",
      extra: "stays",
    });
  });

  it("in a field that cannot change fails alone, with that reason", async () => {
    const app = uniqueName("app");
    const secret = (name: string, type: string) => ({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { namespace: app, name },
      type,
      stringData: { a: "b" },
    });
    await rig.client.apply([namespace(app), secret("typed", "example.com/a"), configMap(app, "other")]);
    const backup = await rig.backUp([app]);
    await rig.client.delete(core(app, "secrets/typed"));
    await rig.client.delete(core(app, "configmaps/other"));
    await rig.client.apply([secret("typed", "example.com/b")]);

    const report = await rig.restore(backup, { existing: "update" });

    expect(report.failed.map(({ name, outcome }) => [name, "reason" in outcome && outcome.reason])).toEqual([
      ["typed", "immutable"],
    ]);
    expect(await rig.client.find(core(app, "configmaps/other"))).toBeDefined();
  });
});

describe("a part of a backup", () => {
  it("is exactly what was asked for, and the namespace that it needs", async () => {
    const [one, two] = [uniqueName("part-a"), uniqueName("part-b")];
    const labelled = configMap(one, "labelled");
    await rig.client.apply([
      namespace(one),
      namespace(two),
      configMap(one, "plain"),
      { ...labelled, metadata: { ...labelled.metadata, labels: { pick: "me" } } },
      { apiVersion: "v1", kind: "Secret", metadata: { namespace: one, name: "keys" } },
      configMap(two, "plain"),
    ]);
    const backup = await rig.backUp([one, two]);
    const namesIn = async (ns: string) =>
      (await rig.client.list(core(ns, "configmaps")))
        .map(({ metadata }) => metadata.name)
        .filter((name) => name !== "kube-root-ca.crt");
    const restoreCopy = async (selection: Record<string, unknown>) => {
      const [a, b] = [uniqueName("copy-a"), uniqueName("copy-b")];
      const report = await rig.restore(backup, { selection, namespaceMapping: { [one]: a, [two]: b } });
      expect(report.failed).toEqual([]);
      return { a, b, created: report.counts.created };
    };

    const byKind = await restoreCopy({ includeResources: ["configmaps"] });
    const byName = await restoreCopy({ includeResources: ["cm/plain"], includeNamespaces: [one] });
    const byLabel = await restoreCopy({ labelSelector: "pick=me" });
    const byGlob = await restoreCopy({ includeNamespaces: ["part-b-*"] });

    // Namespaces included: whatever else came would be counted.
    expect([byKind, byName, byLabel, byGlob].map(({ created }) => created)).toEqual([5, 2, 2, 2]);
    expect(await namesIn(byKind.a)).toEqual(["labelled", "plain"]);
    expect(await rig.client.find(core(byKind.a, "secrets/keys"))).toBeUndefined();
    expect(await namesIn(byName.a)).toEqual(["plain"]);
    expect(await rig.client.find(`/api/v1/namespaces/${byName.b}`)).toBeUndefined();
    expect(await namesIn(byLabel.a)).toEqual(["labelled"]);
    expect(await rig.client.find(`/api/v1/namespaces/${byGlob.a}`)).toBeUndefined();
    expect(await namesIn(byGlob.b)).toEqual(["plain"]);
  });

  it("brings along what it refers to when that is missing, and never touches it when it is there", async () => {
    const [app, role] = [uniqueName("app"), uniqueName("role")];
    const path = `/apis/${rbac}/v1/clusterroles/${role}`;
    await rig.client.apply([
      namespace(app),
      {
        apiVersion: `${rbac}/v1`,
        kind: "ClusterRole",
        metadata: { name: role, labels: { mine: "before" } },
        rules: [],
      },
      {
        apiVersion: `${rbac}/v1`,
        kind: "RoleBinding",
        metadata: { namespace: app, name: "bound" },
        roleRef: { apiGroup: rbac, kind: "ClusterRole", name: role },
      },
    ]);
    const backup = await rig.backUp([app]);
    const selection = { includeNamespaces: [app] };
    await rig.client.patch(path, { metadata: { labels: { mine: "now" } } }, "merge");
    const { metadata } = await rig.client.get(path);

    const kept = await rig.restore(backup, { selection, existing: "update" });
    const untouched = await rig.client.get(path);
    await rig.client.delete(path);
    await rig.restore(backup, { selection });

    expect(kept.failed).toEqual([]);
    expect(untouched.metadata).toEqual(metadata);
    expect(await rig.client.find(path)).toBeDefined();
    await rig.client.delete(path);
  });

  it("that is not in the backup is an error before anything is written", async () => {
    const app = uniqueName("app");
    await rig.client.apply([namespace(app), configMap(app, "settings")]);
    const backup = await rig.backUp([app]);

    await expect(
      rig.restore(backup, { selection: { includeNamespaces: ["nowhere"] } }),
    ).rejects.toMatchObject({
      code: "namespace-not-found",
    });
    await expect(rig.restore(backup, { selection: { includeResources: ["cm/none"] } })).rejects.toMatchObject(
      {
        code: "object-not-found",
      },
    );
  });
});
