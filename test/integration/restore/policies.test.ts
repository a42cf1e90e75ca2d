import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RestoreReport } from "#core/restore/report.ts";
import { eventually } from "#test/harness/eventually.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { configMap, customKind, deployment, namespace, openRig, type Rig } from "./rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await openRig(sharedCluster());
});
afterAll(() => rig.stop());

const core = (ns: string, rest: string) => `/api/v1/namespaces/${ns}/${rest}`;
const apps = (ns: string, rest: string) => `/apis/apps/v1/namespaces/${ns}/${rest}`;
const rbac = "rbac.authorization.k8s.io";
const WRITING = ["update", "replace", "recreate"] as const;

const secret = (app: string, type: string) => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { namespace: app, name: "typed" },
  type,
  stringData: { a: "b" },
});

/** One object of each state: equal, differing, with an immutable field that differs, with an extra key. */
async function fourStates(): Promise<{ readonly app: string; readonly backup: string }> {
  const app = uniqueName("app");
  await rig.client.apply([
    namespace(app),
    configMap(app, "equal"),
    configMap(app, "differs"),
    configMap(app, "extra"),
    secret(app, "example.com/a"),
  ]);
  const backup = await rig.backUp([app]);
  await rig.client.patch(core(app, "configmaps/differs"), { data: { key: "other" } }, "merge");
  await rig.client.patch(core(app, "configmaps/extra"), { data: { more: "there" } }, "merge");
  await rig.client.delete(core(app, "secrets/typed"));
  await rig.client.apply([secret(app, "example.com/b")]);
  return { app, backup };
}

const uidOf = async (path: string) => (await rig.client.get(path)).metadata["uid"];
const identityOf = async (path: string) => {
  const { metadata } = await rig.client.get(path);
  return [metadata["uid"], metadata["resourceVersion"]];
};
const reasons = (report: RestoreReport) =>
  report.failed.map(({ name, outcome }) => [name, "reason" in outcome && outcome.reason]);
const dataOf = async (path: string) => (await rig.client.get(path))["data"];

describe("an object that exists", () => {
  it("is left as it is by skip, whatever differs", async () => {
    const { app, backup } = await fourStates();
    const report = await rig.restore(backup, { existing: "skip" });
    expect(report.counts).toMatchObject({ created: 0, updated: 0, recreated: 0, failed: 0 });
    expect(report.differing.map(({ name }) => name).sort()).toEqual(["differs", "extra", "typed"]);
    expect(await dataOf(core(app, "configmaps/differs"))).toEqual({ key: "other" });
  });

  it("is brought to what the backup says by update, which keeps extra keys and fails where a field cannot change", async () => {
    const { app, backup } = await fourStates();
    const equal = await identityOf(core(app, "configmaps/equal"));
    const report = await rig.restore(backup, { existing: "update" });
    expect(report.counts).toMatchObject({ created: 0, updated: 1, recreated: 0, failed: 1 });
    expect(reasons(report)).toEqual([["typed", "immutable"]]);
    expect(await dataOf(core(app, "configmaps/differs"))).toEqual({ key: "value" });
    expect(await dataOf(core(app, "configmaps/extra"))).toEqual({ key: "value", more: "there" });
    expect(await identityOf(core(app, "configmaps/equal"))).toEqual(equal);
  });

  it("loses its extra keys by replace, which fails where a field cannot change", async () => {
    const { app, backup } = await fourStates();
    const equal = await identityOf(core(app, "configmaps/equal"));
    const uid = await uidOf(core(app, "configmaps/extra"));
    const report = await rig.restore(backup, { existing: "replace" });
    expect(report.counts).toMatchObject({ created: 0, updated: 2, recreated: 0, failed: 1 });
    expect(reasons(report)).toEqual([["typed", "immutable"]]);
    expect(await dataOf(core(app, "configmaps/differs"))).toEqual({ key: "value" });
    expect(await dataOf(core(app, "configmaps/extra"))).toEqual({ key: "value" });
    expect(await uidOf(core(app, "configmaps/extra"))).toBe(uid);
    expect(await identityOf(core(app, "configmaps/equal"))).toEqual(equal);
  });

  it("is deleted and created anew by recreate where it differs, in a field that cannot change too", async () => {
    const { app, backup } = await fourStates();
    const equal = await identityOf(core(app, "configmaps/equal"));
    const uid = await uidOf(core(app, "secrets/typed"));
    const report = await rig.restore(backup, { existing: "recreate" });
    expect(report.failed).toEqual([]);
    expect(report.counts).toMatchObject({ created: 0, updated: 0, recreated: 3, failed: 0 });
    expect((await rig.client.get(core(app, "secrets/typed")))["type"]).toBe("example.com/a");
    expect(await uidOf(core(app, "secrets/typed"))).not.toBe(uid);
    expect(await dataOf(core(app, "configmaps/extra"))).toEqual({ key: "value" });
    expect(await identityOf(core(app, "configmaps/equal"))).toEqual(equal);
  });

  it("refuses the whole restore by fail: nothing is written, not even what is missing", async () => {
    const { app, backup } = await fourStates();
    await rig.client.delete(core(app, "configmaps/differs"));
    await expect(rig.restore(backup, { existing: "fail" })).rejects.toMatchObject({
      code: "refused",
      message: expect.stringContaining(`configmaps ${app}/equal`),
    });
    expect(await rig.client.find(core(app, "configmaps/differs"))).toBeUndefined();
    const copy = uniqueName("copy");
    const elsewhere = await rig.restore(backup, { existing: "fail", namespaceMapping: { [app]: copy } });
    expect(elsewhere.failed).toEqual([]);
    expect(await rig.client.find(core(copy, "configmaps/differs"))).toBeDefined();
  });
});

describe("replacing", () => {
  it("keeps what the server and its controllers set: addresses, node ports, owners, finalizers, the status", async () => {
    const app = uniqueName("app");
    const service = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { namespace: app, name: "web", annotations: { a: "1" } },
      spec: { type: "NodePort", selector: { app: "web" }, ports: [{ port: 80 }] },
    };
    const claim = {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { namespace: app, name: "cache", labels: { a: "1" } },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    };
    await rig.client.apply([namespace(app), service, claim, deployment(app, "web")]);
    const backup = await rig.backUp([app]);
    const paths = [
      core(app, "services/web"),
      core(app, "persistentvolumeclaims/cache"),
      apps(app, "deployments/web"),
    ];
    for (const path of paths) {
      await rig.client.patch(path, { metadata: { labels: { b: "2" }, annotations: { c: "3" } } }, "merge");
    }
    const before = await rig.client.get(core(app, "services/web"));

    const report = await rig.restore(backup, { existing: "replace" });

    expect(report.failed).toEqual([]);
    expect(report.counts).toMatchObject({ updated: 3, created: 0 });
    const after = await rig.client.get(core(app, "services/web"));
    expect(after["spec"]).toEqual(before["spec"]);
    expect(after.metadata["annotations"]).toEqual({ a: "1" });
    const kept = await rig.client.get(core(app, "persistentvolumeclaims/cache"));
    expect(kept.metadata["finalizers"]).toEqual(["kubernetes.io/pvc-protection"]);
    expect(kept.metadata["labels"]).toEqual({ a: "1" });
    expect((await rig.restore(backup, { existing: "replace" })).counts).toMatchObject({ updated: 0 });
  });
});

describe("recreating", () => {
  it("refuses what would destroy data: definitions, bound claims, namespaces, StatefulSets that take their claims", async () => {
    const app = uniqueName("app");
    const gadgets = await customKind(rig);
    const definition = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${gadgets.kind.resource}.${gadgets.kind.group}`;
    const labels = { app: "db" };
    await rig.client.apply([
      namespace(app),
      {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { namespace: app, name: "data" },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
      },
      { ...gadgets.type, metadata: { namespace: app, name: "one" } },
      {
        apiVersion: "apps/v1",
        kind: "StatefulSet",
        metadata: { namespace: app, name: "db" },
        spec: {
          serviceName: "db",
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "pause" }] } },
          persistentVolumeClaimRetentionPolicy: { whenDeleted: "Delete", whenScaled: "Retain" },
        },
      },
      configMap(app, "owner"),
    ]);
    const ownerReferences = [
      { apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: await uidOf(core(app, "configmaps/owner")) },
    ];
    await rig.client.patch(
      core(app, "persistentvolumeclaims/data"),
      { metadata: { ownerReferences } },
      "merge",
    );
    const backup = await rig.backUp([app], {
      selection: { includeNamespaces: [app], clusterResources: "auto" },
    });
    const paths = [
      `/api/v1/namespaces/${app}`,
      core(app, "persistentvolumeclaims/data"),
      core(app, "configmaps/owner"),
      definition,
      apps(app, "statefulsets/db"),
    ];
    const uids = await Promise.all(paths.map(uidOf));
    for (const path of paths)
      await rig.client.patch(path, { metadata: { labels: { now: "other" } } }, "merge");

    const report = await rig.restore(backup, {
      existing: "recreate",
      selection: { includeResources: ["namespaces", "pvc", "cm", "crd", "sts"] },
    });

    expect(Object.fromEntries(reasons(report))).toMatchObject({
      [app]: "recreate-would-destroy-data",
      data: "recreate-would-destroy-data",
      owner: "recreate-would-destroy-data",
      db: "recreate-would-destroy-data",
    });
    expect(report.reasons["recreate-would-destroy-data"]).toBe(5);
    expect(await Promise.all(paths.map(uidOf))).toEqual(uids);
    await gadgets.remove();
  });

  it("refuses what owns a namespace, wherever that lies", async () => {
    const [app, tenant] = [uniqueName("app"), uniqueName("tenant")];
    const role = { apiVersion: `${rbac}/v1`, kind: "ClusterRole", metadata: { name: tenant }, rules: [] };
    const path = `/apis/${rbac}/v1/clusterroles/${tenant}`;
    await rig.client.apply([role]);
    const uid = await uidOf(path);
    const ownerReferences = [{ apiVersion: role.apiVersion, kind: role.kind, name: tenant, uid }];
    await rig.client.apply([namespace(app, { ownerReferences })]);
    const selection = { includeResources: [`clusterroles/${tenant}`] };
    const backup = await rig.backUp([], { selection });
    await rig.client.patch(path, { metadata: { labels: { now: "other" } } }, "merge");

    const report = await rig.restore(backup, { existing: "recreate", selection });

    expect(Object.fromEntries(reasons(report))).toEqual({ [tenant]: "recreate-would-destroy-data" });
    expect(await uidOf(path)).toBe(uid);
    await rig.removeNamespace(app);
    await rig.client.delete(path);
  });

  it("takes a Job's pods with it, and brings what belongs to the object back", async () => {
    const app = uniqueName("app");
    const template = { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "pause" }] } };
    await rig.client.apply([
      namespace(app),
      { apiVersion: "batch/v1", kind: "Job", metadata: { namespace: app, name: "once" }, spec: { template } },
      deployment(app, "web"),
    ]);
    const web = await uidOf(apps(app, "deployments/web"));
    const ownerReferences = [{ apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: web }];
    await rig.client.create(core(app, "configmaps"), {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "child", ownerReferences },
    });
    const podUids = async () =>
      (await rig.client.list(core(app, "pods"))).map(({ metadata }) => metadata["uid"]);
    await eventually("pods", async () => (await podUids()).length === 2);
    const old = await podUids();
    const backup = await rig.backUp([app]);
    await rig.client.patch(apps(app, "deployments/web"), { metadata: { labels: { now: "other" } } }, "merge");
    await rig.client.patch(
      `/apis/batch/v1/namespaces/${app}/jobs/once`,
      { metadata: { labels: { now: "other" } } },
      "merge",
    );

    const report = await rig.restore(backup, { existing: "recreate", startJobs: true, timeoutSeconds: 60 });

    expect(report.failed).toEqual([]);
    expect(report.counts.recreated).toBe(2);
    expect(await uidOf(apps(app, "deployments/web"))).not.toBe(web);
    const child = await rig.client.get(core(app, "configmaps/child"));
    expect(child.metadata["ownerReferences"]).toMatchObject([
      { name: "web", uid: await uidOf(apps(app, "deployments/web")) },
    ]);
    await eventually("new pods alone", async () => {
      const now = await podUids();
      return now.length === 2 && now.every((uid) => !old.includes(uid));
    });
  });

  it("deletes nothing that the server would not take back", async () => {
    const app = uniqueName("app");
    await rig.client.apply([namespace(app), configMap(app, "settings")]);
    const backup = await rig.backUp([app]);
    const path = core(app, "configmaps/settings");
    await rig.client.patch(path, { data: { key: "other" } }, "merge");
    const uid = await uidOf(path);
    const policy = {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicy",
      metadata: { name: app },
      spec: {
        matchConstraints: {
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": app } },
          resourceRules: [
            { apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"], operations: ["CREATE"] },
          ],
        },
        validations: [{ expression: "object.metadata.name != 'settings'", message: "no settings" }],
      },
    };
    const binding = { policyName: app, validationActions: ["Deny"] };
    await rig.client.apply([policy, { ...policy, kind: "ValidatingAdmissionPolicyBinding", spec: binding }]);
    await eventually("policy", async () => {
      const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings" } };
      return (
        (await rig.client.request("POST", `${core(app, "configmaps")}?dryRun=All`, { body })).status === 422
      );
    });

    const report = await rig.restore(backup, { existing: "recreate" });

    expect(report.failed).toHaveLength(1);
    expect(report.failed[0]?.outcome).toMatchObject({ message: expect.stringContaining("no settings") });
    expect(await uidOf(path)).toBe(uid);
    for (const kind of ["validatingadmissionpolicybindings", "validatingadmissionpolicies"])
      await rig.client.delete(`/apis/admissionregistration.k8s.io/v1/${kind}/${app}`);
  });
});

describe("replicas that an autoscaler has set", () => {
  it.each(WRITING)("stay under %s unless conflicts are forced", async (existing) => {
    const app = uniqueName("app");
    const path = apps(app, "deployments/web");
    await rig.client.apply([namespace(app), deployment(app, "web"), deployment(app, "free")]);
    const backup = await rig.backUp([app]);
    await rig.client.apply([
      {
        apiVersion: "autoscaling/v2",
        kind: "HorizontalPodAutoscaler",
        metadata: { namespace: app, name: "scaler" },
        spec: {
          minReplicas: 1,
          maxReplicas: 5,
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
        },
      },
    ]);
    await rig.client.patch(path, { metadata: { labels: { now: "other" } }, spec: { replicas: 3 } }, "merge");
    await rig.client.patch(apps(app, "deployments/free"), { spec: { replicas: 3 } }, "merge");
    const replicas = async (name: string) =>
      (await rig.client.get(apps(app, `deployments/${name}`)))["spec"] as { replicas: number };

    const polite = await rig.restore(backup, { existing });
    const kept = await replicas("web");
    const free = await replicas("free");
    const forced = await rig.restore(backup, { existing, forceConflicts: true });

    expect(polite.failed).toEqual([]);
    expect(kept.replicas).toBe(3);
    expect(free.replicas).toBe(1);
    expect(polite.warned.flatMap(({ warnings }) => warnings).join()).toContain("autoscaler scaler");
    expect(forced.failed).toEqual([]);
    expect((await replicas("web")).replicas).toBe(1);
  });
});

describe("what selected objects only refer to", () => {
  it.each([...WRITING, "skip"] as const)(
    "is not touched by %s when it exists and differs",
    async (existing) => {
      const [app, other, role] = [uniqueName("app"), uniqueName("other"), uniqueName("role")];
      const gadgets = await customKind(rig);
      const crd = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${gadgets.kind.resource}.${gadgets.kind.group}`;
      const rolePath = `/apis/${rbac}/v1/clusterroles/${role}`;
      const volume = `/api/v1/persistentvolumes/${app}`;
      await rig.client.apply([
        namespace(app),
        namespace(other),
        { apiVersion: `${rbac}/v1`, kind: "ClusterRole", metadata: { name: role }, rules: [] },
        {
          apiVersion: `${rbac}/v1`,
          kind: "RoleBinding",
          metadata: { namespace: app, name: "bound" },
          roleRef: { apiGroup: rbac, kind: "ClusterRole", name: role },
        },
        { ...gadgets.type, metadata: { namespace: app, name: "one" } },
        { ...gadgets.type, metadata: { namespace: other, name: "two" } },
        {
          apiVersion: "v1",
          kind: "PersistentVolume",
          metadata: { name: app },
          spec: {
            capacity: { storage: "1Gi" },
            accessModes: ["ReadWriteOnce"],
            persistentVolumeReclaimPolicy: "Retain",
            storageClassName: app,
            hostPath: { path: `/tmp/${app}` },
          },
        },
        {
          apiVersion: "v1",
          kind: "PersistentVolumeClaim",
          metadata: { namespace: app, name: "data" },
          spec: {
            accessModes: ["ReadWriteOnce"],
            storageClassName: app,
            volumeName: app,
            resources: { requests: { storage: "1Gi" } },
          },
        },
      ]);
      const claim = core(app, "persistentvolumeclaims/data");
      await eventually("bound", async () => {
        const { phase } = (await rig.client.get(claim))["status"] as { phase: string };
        return phase === "Bound";
      });
      const shared = [rolePath, crd, volume];
      // In what every policy would bring back: an update leaves alone what is only there.
      const label = async (it: string) => {
        for (const path of shared) await rig.client.patch(path, { metadata: { labels: { it } } }, "merge");
      };
      await label("was");
      const backup = await rig.backUp([app, other]);
      await label("is");
      const paths = [...shared, claim, `${gadgets.path(other)}/two`];
      const settled = async () => Promise.all(paths.map(identityOf));
      const before = await settled();

      const report = await rig.restore(backup, { existing, selection: { includeNamespaces: [app] } });

      expect(report.failed).toEqual([]);
      expect(await settled()).toEqual(before);
      await rig.client.delete(rolePath);
      await gadgets.remove();
      await rig.client.delete(volume);
    },
  );
});
