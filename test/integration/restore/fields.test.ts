import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "#test/harness/eventually.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { backUpRewritten, backUpServedBefore, specOf } from "./rewritten.ts";
import { configMap, deployment, namespace, openRig, type Rig } from "./rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await openRig(sharedCluster());
});
afterAll(() => rig.stop());

const core = (ns: string, rest: string) => `/api/v1/namespaces/${ns}/${rest}`;
const container = { name: "c", image: "pause" };

describe("metadata", () => {
  it("field managers return with their times where that was asked, and then apply without a conflict", async () => {
    const app = uniqueName("app");
    await rig.client.apply([namespace(app)]);
    const path = core(app, "configmaps/settings");
    const applied = configMap(app, "settings");
    const asHelm = () =>
      rig.client.request("PATCH", `${path}?fieldManager=helm`, {
        body: applied,
        contentType: "application/apply-patch+yaml",
      });
    expect((await asHelm()).status).toBe(201);
    const entry = async () =>
      ((await rig.client.get(path)).metadata["managedFields"] as { manager: string; time: string }[]).find(
        ({ manager }) => manager === "helm",
      );
    const before = await entry();
    const backup = await rig.backUp([app]);
    await rig.client.delete(path);
    await new Promise((resolve) => setTimeout(resolve, 1_100));

    const report = await rig.restore(backup, { keepManagedFields: true });

    expect(report.complete).toBe(true);
    expect(await entry()).toEqual(before);
    expect((await asHelm()).status).toBe(200);
  });

  it("what this product noted is left behind, what the user set stays, protection only under its own name", async () => {
    const [app, copy] = [uniqueName("app"), uniqueName("copy")];
    const key = (name: string) => `kubectl-backup.io/${name}`;
    const stale = [
      "last-backup",
      "last-backup-time",
      "last-backup-location",
      "restored-from",
      "pending-steps",
      "skip-final-backup",
    ];
    const protection = {
      [key("max-age")]: "24h",
      [key("volumes")]: "required",
      [key("allow-excluded")]: "true",
    };
    const wishes = { [key("annotate")]: "namespace", [key("restore-order")]: "3" };
    const set = { ...protection, ...wishes };
    const annotations = { ...set, ...Object.fromEntries(stale.map((name) => [key(name), "old"])) };
    await rig.client.apply([
      namespace(app, { annotations, labels: { [key("protect")]: "true", [key("tier")]: "high" } }),
    ]);
    const backup = await rig.backUp([app]);
    await rig.removeNamespace(app);

    await rig.restore(backup);
    await rig.restore(backup, { namespaceMapping: { [app]: copy } });

    const own = (await rig.client.get(`/api/v1/namespaces/${app}`)).metadata;
    const other = (await rig.client.get(`/api/v1/namespaces/${copy}`)).metadata;
    expect(own["annotations"]).toEqual({ ...set, [key("restored-from")]: expect.stringContaining(backup) });
    expect(own["labels"]).toMatchObject({ [key("protect")]: "true", [key("tier")]: "high" });
    expect(other["annotations"]).toEqual({
      ...wishes,
      [key("restored-from")]: expect.stringContaining(backup),
    });
    expect(other["labels"]).not.toHaveProperty([key("protect")]);
    expect(other["labels"]).toMatchObject({ [key("tier")]: "high" });
  });

  it("an object whose annotations are full returns without this restore's mark", async () => {
    const app = uniqueName("app");
    const full = { "example.com/full": "x".repeat(256 * 1024 - "example.com/full".length) };
    const object = configMap(app, "full");
    await rig.client.apply([namespace(app)]);
    await rig.client.create(core(app, "configmaps"), {
      ...object,
      metadata: { ...object.metadata, annotations: full },
    });
    const backup = await rig.backUp([app]);
    await rig.client.delete(core(app, "configmaps/full"));

    const report = await rig.restore(backup);

    expect(report.failed).toEqual([]);
    expect(report.warned.flatMap(({ warnings }) => warnings)).toEqual([
      expect.stringMatching(/annotations are full/),
    ]);
    expect((await rig.client.get(core(app, "configmaps/full"))).metadata["annotations"]).toEqual(full);
  });
});

describe("workloads", () => {
  it("a pod loses what admission would refuse, and gets its class's priority", async () => {
    const [app, pc] = [uniqueName("app"), uniqueName("class")];
    await rig.client.apply([
      { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", metadata: { name: pc }, value: 5 },
      namespace(app),
    ]);
    await eventually("the account", () => rig.client.find(core(app, "serviceaccounts/default")));
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { namespace: app, name: "bare" } };
    await rig.client.create(core(app, "pods"), {
      ...pod,
      spec: { priorityClassName: pc, containers: [container] },
    });
    const token = { name: "default-token-abc12", secret: { secretName: "default-token-abc12" } };
    const backup = await backUpRewritten(
      rig,
      specOf("Pod", "bare", (spec) => ({
        ...spec,
        priority: 9,
        nodeName: "gone",
        overhead: { cpu: "1" },
        ephemeralContainers: [{ name: "e", image: "busybox" }],
        volumes: [...(spec["volumes"] as object[]), token],
        containers: [
          {
            ...(spec["containers"] as object[])[0],
            volumeMounts: [{ name: token.name, mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" }],
          },
        ],
      })),
    );
    await rig.client.delete(core(app, "pods/bare"));
    await eventually("gone", async () => (await rig.client.find(core(app, "pods/bare"))) === undefined);

    const report = await rig.restore(backup, { selection: { includeNamespaces: [app] } });

    expect(report.failed).toEqual([]);
    const spec = (await rig.client.get(core(app, "pods/bare")))["spec"] as Record<string, unknown>;
    expect(spec["priority"]).toBe(5);
    for (const field of ["nodeName", "ephemeralContainers", "overhead"])
      expect(spec).not.toHaveProperty(field);
    const names = (spec["volumes"] as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual([expect.stringMatching(/^kube-api-access-/)]);
    await rig.client.delete(`/apis/scheduling.k8s.io/v1/priorityclasses/${pc}`);
  });

  it("a Job keeps the selector that its user wrote, and a DaemonSet loses its template's generation", async () => {
    const app = uniqueName("app");
    const labels = { mine: "yes" };
    const template = { metadata: { labels }, spec: { restartPolicy: "Never", containers: [container] } };
    await rig.client.apply([
      namespace(app),
      {
        apiVersion: "batch/v1",
        kind: "Job",
        metadata: { namespace: app, name: "manual" },
        spec: { manualSelector: true, selector: { matchLabels: labels }, template },
      },
      {
        apiVersion: "apps/v1",
        kind: "DaemonSet",
        metadata: {
          namespace: app,
          name: "agent",
          annotations: { "deprecated.daemonset.template.generation": "4" },
        },
        spec: {
          selector: { matchLabels: { app: "agent" } },
          template: { metadata: { labels: { app: "agent" } }, spec: { containers: [container] } },
        },
      },
    ]);
    const backup = await rig.backUp([app]);
    await rig.removeNamespace(app);

    const report = await rig.restore(backup);

    expect(report.failed).toEqual([]);
    const job = await rig.client.get(`/apis/batch/v1/namespaces/${app}/jobs/manual`);
    expect(job["spec"]).toMatchObject({
      manualSelector: true,
      selector: { matchLabels: labels },
      suspend: true,
    });
    const agent = await rig.client.get(`/apis/apps/v1/namespaces/${app}/daemonsets/agent`);
    expect(agent.metadata["annotations"]).toMatchObject({ "deprecated.daemonset.template.generation": "1" });
  });

  it("an autoscaler keeps all its metrics, and a budget counts the pods that returned before it", async () => {
    const app = uniqueName("app");
    const metrics = [
      {
        type: "Pods",
        pods: { metric: { name: "rps" }, target: { type: "AverageValue", averageValue: "7" } },
      },
    ];
    await rig.client.apply([
      namespace(app),
      {
        apiVersion: "autoscaling/v2",
        kind: "HorizontalPodAutoscaler",
        metadata: { namespace: app, name: "web" },
        spec: {
          minReplicas: 1,
          maxReplicas: 2,
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "absent" },
          metrics,
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
        kind: "Pod",
        metadata: { namespace: app, name: "web", labels: { app: "web" } },
        spec: { containers: [container] },
      },
    ]);
    const backup = await rig.backUp([app]);
    await rig.removeNamespace(app);
    const made: string[] = [];
    const { create } = rig.cluster;
    rig.cluster.create = async (ref, ...rest) => {
      // A slow pod: what does not wait for it comes first.
      if (ref.resource.resource === "pods") await new Promise((resolve) => setTimeout(resolve, 500));
      const reply = await create(ref, ...rest);
      made.push(ref.resource.resource);
      return reply;
    };

    const report = await rig.restore(backup).finally(() => {
      rig.cluster.create = create;
    });

    expect(made.indexOf("poddisruptionbudgets")).toBeGreaterThan(made.indexOf("pods"));
    expect(report.failed).toEqual([]);
    const path = `/apis/autoscaling/v2/namespaces/${app}/horizontalpodautoscalers/web`;
    expect((await rig.client.get(path))["spec"]).toMatchObject({ metrics });
    await eventually("the budget to count", async () => {
      const budget = await rig.client.get(`/apis/policy/v1/namespaces/${app}/poddisruptionbudgets/web`);
      return (budget["status"] as { desiredHealthy?: number } | undefined)?.desiredHealthy === 1;
    });
  });
});

describe("Services", () => {
  it("of two IP families return with the one that the cluster serves, with a warning", async () => {
    const app = uniqueName("app");
    const ports = [{ port: 80, protocol: "TCP" }];
    await rig.client.apply([
      namespace(app),
      { apiVersion: "v1", kind: "Service", metadata: { namespace: app, name: "two" }, spec: { ports } },
    ]);
    const backup = await backUpRewritten(
      rig,
      specOf("Service", "two", (spec) => ({
        ...spec,
        ipFamilies: ["IPv4", "IPv6"],
        ipFamilyPolicy: "RequireDualStack",
        clusterIPs: [spec["clusterIP"], "fd00::7"],
      })),
    );
    await rig.client.delete(core(app, "services/two"));

    const report = await rig.restore(backup, { selection: { includeNamespaces: [app] } });

    expect(report.failed).toEqual([]);
    expect(report.warned.flatMap(({ warnings }) => warnings)).toEqual([expect.stringMatching(/IP families/)]);
    expect((await rig.client.get(core(app, "services/two")))["spec"]).toMatchObject({ ipFamilies: ["IPv4"] });
  });

  it("whose health check port is taken get another", async () => {
    const app = uniqueName("app");
    const port = 30000 + Math.floor(Math.random() * 2000);
    await rig.client.apply([
      namespace(app),
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { namespace: app, name: "local" },
        spec: {
          type: "LoadBalancer",
          externalTrafficPolicy: "Local",
          healthCheckNodePort: port,
          ports: [{ port: 80 }],
        },
      },
    ]);
    const backup = await rig.backUp([app]);
    const copy = uniqueName("copy");

    const report = await rig.restore(backup, { namespaceMapping: { [app]: copy }, includeExternal: true });

    expect(report.failed).toEqual([]);
    expect(report.warned.flatMap(({ warnings }) => warnings)).toEqual([
      expect.stringMatching(/port is taken/),
    ]);
    const { healthCheckNodePort } = (await rig.client.get(core(copy, "services/local")))["spec"] as Record<
      string,
      unknown
    >;
    expect(healthCheckNodePort).toBeGreaterThan(0);
    expect(healthCheckNodePort).not.toBe(port);
  });
});

describe("an object of a version that the cluster gave up", () => {
  it("returns in the one that says the same", async () => {
    const app = uniqueName("app");
    const budget = {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { namespace: app, name: "old" },
    };
    const selector = { matchLabels: { app: "web" } };
    await rig.client.apply([namespace(app), { ...budget, spec: { minAvailable: 1, selector } }]);
    const backup = await backUpServedBefore(rig, {
      "poddisruptionbudgets.policy": { group: "policy", version: "v1beta1" },
    });
    const path = `/apis/policy/v1/namespaces/${app}/poddisruptionbudgets/old`;
    await rig.client.delete(path);

    const report = await rig.restore(backup, { selection: { includeNamespaces: [app] } });

    expect(report.failed).toEqual([]);
    expect((await rig.client.get(path))["spec"]).toEqual({ minAvailable: 1, selector });
  });

  it("returns in the group that has it today, with what scales it, and is found there by a second run", async () => {
    const app = uniqueName("app");
    const former = { group: "extensions", version: "v1beta1" };
    const [apps, net] = ["/apis/apps/v1/namespaces", "/apis/networking.k8s.io/v1/namespaces"];
    const backend = { service: { name: "web", port: { number: 80 } } };
    await rig.client.apply([
      namespace(app),
      deployment(app, "web"),
      {
        apiVersion: "networking.k8s.io/v1",
        kind: "Ingress",
        metadata: { namespace: app, name: "web" },
        spec: { defaultBackend: backend },
      },
      {
        apiVersion: "autoscaling/v2",
        kind: "HorizontalPodAutoscaler",
        metadata: { namespace: app, name: "web" },
        spec: {
          maxReplicas: 2,
          scaleTargetRef: { apiVersion: "extensions/v1beta1", kind: "Deployment", name: "web" },
        },
      },
    ]);
    const backup = await backUpServedBefore(
      rig,
      { "deployments.apps": former, "replicasets.apps": former, "ingresses.networking.k8s.io": former },
      (object) =>
        object["kind"] === "Ingress"
          ? { ...object, spec: { backend: { serviceName: "web", servicePort: 80 } } }
          : object,
    );
    await rig.removeNamespace(app);
    const selection = { includeNamespaces: [app] };

    const report = await rig.restore(backup, { selection });

    expect(report.failed).toEqual([]);
    expect((await rig.client.get(`${apps}/${app}/deployments/web`))["spec"]).toMatchObject({
      selector: { matchLabels: { app: "web" } },
    });
    expect((await rig.client.get(`${net}/${app}/ingresses/web`))["spec"]).toEqual({
      defaultBackend: backend,
    });
    const scaler = `/apis/autoscaling/v2/namespaces/${app}/horizontalpodautoscalers/web`;
    expect((await rig.client.get(scaler))["spec"]).toMatchObject({
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
    });
    const named = { ...selection, includeResources: ["deployments.extensions", "ingresses.extensions/web"] };
    const again = await rig.restore(backup, { selection: named });
    expect(again.counts).toMatchObject({ created: 0, unchanged: 2, failed: 0 });
  });
});

describe("a second default", () => {
  it("priority class or storage class returns as one among others", async () => {
    const [first, second] = [uniqueName("first"), uniqueName("second")];
    const priorities = "/apis/scheduling.k8s.io/v1/priorityclasses";
    const storages = "/apis/storage.k8s.io/v1/storageclasses";
    const mark = "storageclass.kubernetes.io/is-default-class";
    const priority = (name: string) => ({
      apiVersion: "scheduling.k8s.io/v1",
      kind: "PriorityClass",
      metadata: { name },
      value: 1,
      globalDefault: true,
    });
    const storage = (name: string) => ({
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: { name, annotations: { [mark]: "true" } },
      provisioner: "example.com/none",
    });
    await rig.client.apply([priority(first), storage(first)]);
    const backup = await rig.backUp([]);
    for (const path of [priorities, storages]) await rig.client.delete(`${path}/${first}`);
    await rig.client.apply([priority(second), storage(second)]);
    const selection = { includeResources: [`priorityclasses/${first}`, `storageclasses/${first}`] };

    const report = await rig.restore(backup, { selection });

    for (const path of [priorities, storages]) await rig.client.delete(`${path}/${second}`);
    expect(report.failed).toEqual([]);
    expect(report.warned.map(({ warnings }) => warnings.join())).toEqual([
      expect.stringMatching(/not the default any more/),
      expect.stringMatching(/not the default any more/),
    ]);
    expect(await rig.client.get(`${priorities}/${first}`)).not.toHaveProperty("globalDefault");
    expect((await rig.client.get(`${storages}/${first}`)).metadata["annotations"]).not.toHaveProperty([mark]);
    for (const path of [priorities, storages]) await rig.client.delete(`${path}/${first}`);
  });
});
