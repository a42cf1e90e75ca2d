import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readModifiers } from "#plugin/requests/modifiers-text.ts";
import { eventually } from "#test/harness/eventually.ts";
import type { KubeObject } from "#test/harness/kube-object.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { backUpRewritten } from "./rewritten.ts";
import { configMap, deployment, namespace, openRig, type Rig } from "./rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await openRig(sharedCluster());
});
afterAll(() => rig.stop());

/** Of somebody whom nobody signs: made with openssl, and its key thrown away. */
const CERTIFICATE_REQUEST = [
  "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlHU01FWUNBUUF3RXpFUk1BOEdBMVVFQXd3SWMyOXRaV0p2Wkhr",
  "d0tqQUZCZ01yWlhBRElRQk1PM2dUVVdOdAoxMER5TUhGcXorRDQyelRyMXpGeHY3TWM4MnBtT0VvNDQ2QUFNQVVHQXl0bGNBTkJB",
  "Qi81R0FFejJqVVpQbkxSCjU0WWx4aDgrS2FSSVNnbk0zM09XV2JBNmQ5WFcyRldZTU5NN0tUZGd2ZDBzMWd5R0RHc1dHSVVVOCtq",
  "ZXRXNFkKdUlLc1dRVT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg==",
].join("");

/** Kept by the API server, each by a rule of its kind. */
const SERVERS_OWN = [
  "/apis/scheduling.k8s.io/v1/priorityclasses/system-node-critical",
  "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas/probes",
  "/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations/workload-low",
];

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** While it works the rig creates objects of this resource so much later. */
async function creatingLate<T>(resource: string, ms: number, work: () => Promise<T>): Promise<T> {
  const { create } = rig.cluster;
  rig.cluster.create = async (ref, ...rest) => {
    if (ref.resource.resource === resource) await pause(ms);
    return create(ref, ...rest);
  };
  return await work().finally(() => {
    rig.cluster.create = create;
  });
}
const core = (ns: string, rest: string) => `/api/v1/namespaces/${ns}/${rest}`;

/** Backs a namespace up and restores it under another name. */
async function copyOf(app: string, request: Record<string, unknown> = {}) {
  const copy = uniqueName("copy");
  const backup = await rig.backUp([app]);
  const report = await rig.restore(backup, { namespaceMapping: { [app]: copy }, ...request });
  return { backup, copy, report };
}

describe("Services", () => {
  it("get new addresses and ports, and keep what their user said", async () => {
    const app = uniqueName("app");
    const ports = [{ port: 80, protocol: "TCP" }];
    const service = (name: string, spec: Record<string, unknown>) => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: { namespace: app, name },
      spec,
    });
    await rig.client.apply([
      namespace(app),
      service("plain", { selector: { app: "web" }, ports }),
      service("headless", { clusterIP: "None", selector: { app: "web" }, ports }),
      service("outside", { type: "ExternalName", externalName: "example.com" }),
      service("node", { type: "NodePort", selector: { app: "web" }, ports }),
    ]);

    const { copy, report } = await copyOf(app);

    expect(report.failed).toEqual([]);
    const spec = async (ns: string, name: string) =>
      (await rig.client.get(core(ns, `services/${name}`)))["spec"] as Record<string, unknown>;
    expect(await spec(copy, "headless")).toMatchObject({ clusterIP: "None", clusterIPs: ["None"] });
    expect(await spec(copy, "outside")).toEqual(await spec(app, "outside"));
    expect((await spec(copy, "plain"))["clusterIP"]).not.toBe((await spec(app, "plain"))["clusterIP"]);
    expect(await spec(copy, "node")).toMatchObject({ type: "NodePort", selector: { app: "web" } });
  });

  it("get the address that a modifier asks for, whose IPAddress the backup holds and the restore leaves out", async () => {
    const app = uniqueName("app");
    const selection = { includeNamespaces: [app], includeClusterResources: "true" };
    await rig.client.apply([
      namespace(app),
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { namespace: app, name: "fixed" },
        spec: { ports: [{ port: 80 }] },
      },
    ]);
    const service = core(app, "services/fixed");
    const { clusterIP } = (await rig.client.get(service))["spec"] as { readonly clusterIP: string };
    const backup = await rig.backUp([], { selection });
    await rig.client.delete(service);
    const modifiers = await readModifiers(
      "address.yaml",
      `version: v1
resourceModifierRules:
- conditions: {groupResource: services, resourceNameRegex: ^fixed$}
  patches: [{operation: add, path: /spec/clusterIP, value: ${clusterIP}}]`,
    );

    const request = { selection: { ...selection, includeResources: ["services", "ipaddresses"] }, modifiers };
    const { plan } = await rig.prepare(backup, request);
    const report = await rig.restore(backup, request);

    expect(plan.neverRestored.map(({ kind }) => kind.resource)).toContain("ipaddresses");
    expect(report.failed).toEqual([]);
    expect((await rig.client.get(service))["spec"]).toMatchObject({ clusterIP, clusterIPs: [clusterIP] });
  });

  it("end with one set of slices: the controller's, or the one that their user made", async () => {
    const app = uniqueName("app");
    const ports = [{ port: 80, protocol: "TCP" }];
    await rig.client.apply([
      namespace(app),
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { namespace: app, name: "web" },
        spec: { selector: { app: "web" }, ports },
      },
      { apiVersion: "v1", kind: "Service", metadata: { namespace: app, name: "db" }, spec: { ports } },
      {
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: { namespace: app, name: "db-1", labels: { "kubernetes.io/service-name": "db" } },
        addressType: "IPv4",
        endpoints: [{ addresses: ["192.0.2.1"] }],
        ports: [{ port: 5432, protocol: "TCP" }],
      },
      { apiVersion: "v1", kind: "Service", metadata: { namespace: app, name: "old" }, spec: { ports } },
      // As users did before there were slices: a controller mirrors them in one.
      {
        apiVersion: "v1",
        kind: "Endpoints",
        metadata: { namespace: app, name: "old" },
        subsets: [{ addresses: [{ ip: "192.0.2.2" }], ports }],
      },
    ]);
    const slices = async (ns: string, mark = "") =>
      (await rig.client.list(`/apis/discovery.k8s.io/v1/namespaces/${ns}/endpointslices`))
        .filter(({ metadata }) => JSON.stringify(metadata["annotations"] ?? "").includes(mark))
        .map(({ metadata }) => (metadata["labels"] as Record<string, string>)["kubernetes.io/service-name"]);
    await eventually("slices", async () => (await slices(app)).length === 3);

    const { copy, report } = await copyOf(app);

    expect(report.complete).toBe(true);
    await eventually("slices", async () => (await slices(copy)).length >= 3);
    await pause(1_000);
    expect((await slices(copy)).toSorted()).toEqual(["db", "old", "web"]);
    // A controller would take over what the old one had made. The mirrored one is as its Endpoints are.
    expect((await slices(copy, "restored-from")).toSorted()).toEqual(["db", "old"]);
    expect(await rig.client.get(core(copy, "endpoints/old"))).toMatchObject({
      subsets: [{ addresses: [{ ip: "192.0.2.2" }] }],
    });
  });

  it("whose preserved node port is taken fail alone, with the server's reason; without the flag they get another", async () => {
    const app = uniqueName("app");
    await rig.client.apply([
      namespace(app),
      configMap(app, "other"),
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { namespace: app, name: "node" },
        spec: { type: "NodePort", ports: [{ port: 80, nodePort: 30000 + Math.floor(Math.random() * 2000) }] },
      },
      // The server chose its port: nobody minds another one, unless the flag says so.
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { namespace: app, name: "given" },
        spec: { type: "NodePort", ports: [{ port: 80 }] },
      },
    ]);

    const kept = await copyOf(app, { preserveNodePorts: true });
    const free = await copyOf(app);

    const outcomes = kept.report.failed.map(({ name, outcome }) => [name, outcome] as const);
    expect(outcomes.toSorted(([one], [other]) => (one < other ? -1 : 1))).toEqual(
      ["given", "node"].map((name) => [
        name,
        expect.objectContaining({
          reason: "invalid",
          message: expect.stringMatching(/port is already allocated/),
        }),
      ]),
    );
    expect(await rig.client.find(core(kept.copy, "configmaps/other"))).toBeDefined();
    expect(free.report.failed).toEqual([]);
    expect(free.report.warned.map(({ name, warnings }) => `${name}: ${warnings.join()}`)).toEqual([
      expect.stringMatching(/^node: a node port is taken/),
    ]);
  });
});

describe("workloads", () => {
  it("a StatefulSet finds its claims, and makes no others", async () => {
    const app = uniqueName("app");
    const labels = { app: "db" };
    await rig.client.apply([
      namespace(app),
      {
        apiVersion: "apps/v1",
        kind: "StatefulSet",
        metadata: { namespace: app, name: "db" },
        spec: {
          serviceName: "db",
          replicas: 2,
          podManagementPolicy: "Parallel",
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "pause" }] } },
          volumeClaimTemplates: [
            {
              metadata: { name: "data" },
              spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
            },
          ],
        },
      },
    ]);
    const claims = async (ns: string) =>
      (await rig.client.list(core(ns, "persistentvolumeclaims"))).map(({ metadata }) => metadata.name);
    await eventually("claims", async () => (await claims(app)).length === 2);
    // So slow that its controller would make empty ones, were the set there before them.
    const { copy, report } = await creatingLate("persistentvolumeclaims", 1_500, () => copyOf(app));

    expect(report.complete).toBe(true);
    expect(report.counts.failed).toBe(0);
    await eventually("pods", async () => (await rig.client.list(core(copy, "pods"))).length === 2);
    expect(await claims(copy)).toEqual(["data-db-0", "data-db-1"]);
    for (const name of await claims(copy)) {
      const claim = await rig.client.get(core(copy, `persistentvolumeclaims/${name}`));
      expect(claim.metadata["annotations"]).toHaveProperty("kubectl-backup.io/restored-from");
    }
    const pods = await rig.client.list(core(copy, "pods"));
    expect(pods.map(({ metadata }) => metadata.name)).toEqual(["db-0", "db-1"]);
  });

  it("bare pods return without their node; pods of controllers and of kubelets and finished ones do not", async () => {
    const app = uniqueName("app");
    const pod = (name: string, spec: Record<string, unknown> = {}, annotations = {}) => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { namespace: app, name, annotations },
      spec: { containers: [{ name: "c", image: "pause" }], ...spec },
    });
    await rig.client.apply([
      namespace(app),
      deployment(app, "web"),
      pod("bare", { nodeName: "gone", tolerations: [{ operator: "Exists" }] }),
      pod("mirror", { nodeName: "gone" }, { "kubernetes.io/config.mirror": "of a file" }),
      pod("done"),
    ]);
    await rig.client.request("PATCH", core(app, "pods/done/status"), {
      body: { status: { phase: "Succeeded" } },
      contentType: "application/merge-patch+json",
    });
    await eventually("pods", async () => (await rig.client.list(core(app, "pods"))).length === 4);

    const { copy, report } = await copyOf(app);

    expect(report.failed).toEqual([]);
    expect(report.reasons).toMatchObject({ "controller-made": 1, "finished-pod": 1, "mirror-pod": 1 });
    const bare = await rig.client.get(core(copy, "pods/bare"));
    expect(bare["spec"]).not.toHaveProperty("nodeName");
    await eventually("pods", async () => (await rig.client.list(core(copy, "pods"))).length === 2);
    // The collector takes the pod whose node does not exist, after forty seconds of quarantine, and has no reason for ours.
    const isCollected = async () => (await rig.client.find(core(app, "pods/bare"))) === undefined;
    await eventually("the pod of an unknown node to be collected", isCollected, { timeoutMs: 150_000 });
    expect(await rig.client.get(core(copy, "pods/bare"))).toMatchObject({
      metadata: { uid: bare.metadata.uid },
    });
  });

  it("running Jobs return suspended with their own labels, finished ones not at all, and CronJobs do not fire", async () => {
    const app = uniqueName("app");
    const template = { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "pause" }] } };
    const job = (name: string) => ({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { namespace: app, name },
      spec: { template },
    });
    await rig.client.apply([
      namespace(app),
      job("running"),
      job("done"),
      {
        apiVersion: "batch/v1",
        kind: "CronJob",
        metadata: { namespace: app, name: "nightly" },
        spec: { schedule: "0 3 * * *", jobTemplate: { spec: { template } } },
      },
    ]);
    const now = new Date().toISOString();
    const conditions = [
      { type: "SuccessCriteriaMet", status: "True", lastTransitionTime: now },
      { type: "Complete", status: "True", lastTransitionTime: now },
    ];
    await eventually("started", async () => {
      const done = await rig.client.get(`/apis/batch/v1/namespaces/${app}/jobs/done`);
      const startTime = (done["status"] as Record<string, unknown>)["startTime"];
      const reply = await rig.client.request("PATCH", `/apis/batch/v1/namespaces/${app}/jobs/done/status`, {
        body: {
          status: {
            startTime,
            completionTime: now,
            active: 0,
            succeeded: 1,
            ready: 0,
            terminating: 0,
            uncountedTerminatedPods: null,
            conditions,
          },
        },
        contentType: "application/merge-patch+json",
      });
      if (reply.status !== 200) throw new Error(reply.text);
      return true;
    });
    const backup = await rig.backUp([app]);
    await rig.removeNamespace(app);

    const report = await rig.restore(backup);

    expect(report.failed).toEqual([]);
    expect(report.reasons).toMatchObject({ "finished-job": 1 });
    const jobs = await rig.client.list(`/apis/batch/v1/namespaces/${app}/jobs`);
    expect(jobs.map(({ metadata }) => metadata.name)).toEqual(["running"]);
    expect(jobs[0]?.["spec"]).toMatchObject({ suspend: true, ...labelledBy(jobs[0]) });
    const cron = await rig.client.get(`/apis/batch/v1/namespaces/${app}/cronjobs/nightly`);
    expect(cron["spec"]).toMatchObject({ suspend: false });
    expect(cron.metadata["annotations"]).not.toHaveProperty("kubectl-backup.io/pending-steps");

    const copy = uniqueName("copy");
    expect((await rig.restore(backup, { namespaceMapping: { [app]: copy } })).failed).toEqual([]);
    const twin = await rig.client.get(`/apis/batch/v1/namespaces/${copy}/jobs/running`);
    expect(twin["spec"]).toMatchObject({ suspend: true, ...labelledBy(twin) });
    const free = await rig.restore(backup, {
      namespaceMapping: { [app]: uniqueName("copy") },
      startJobs: true,
    });
    expect(free.warned.flatMap(({ warnings }) => warnings).join()).not.toContain("--start-jobs");
  });
});

/** As a server selects and labels the pods of a Job that it takes for a new one. */
function labelledBy(job: KubeObject | undefined) {
  const own = { "batch.kubernetes.io/controller-uid": job?.metadata["uid"] };
  return {
    selector: { matchLabels: own },
    template: { metadata: { labels: { ...own, "controller-uid": job?.metadata["uid"] } } },
  };
}

describe("what the cluster makes by itself", () => {
  it("stays the cluster's: root certificates, tokens that servers made; the default account is merged", async () => {
    const app = uniqueName("app");
    await rig.client.apply([namespace(app)]);
    await eventually("account", () => rig.client.find(core(app, "serviceaccounts/default")));
    await rig.client.patch(
      core(app, "serviceaccounts/default"),
      { imagePullSecrets: [{ name: "registry" }] },
      "merge",
    );
    const rootOfApp = core(app, "configmaps/kube-root-ca.crt");
    await eventually("root certificate", () => rig.client.find(rootOfApp));
    await rig.client.patch(rootOfApp, { metadata: { annotations: { old: "yes" } } }, "merge");
    await rig.client.create(core(app, "secrets"), {
      apiVersion: "v1",
      kind: "Secret",
      type: "kubernetes.io/service-account-token",
      metadata: {
        name: "default-token-abc12",
        annotations: { "kubernetes.io/service-account.name": "default" },
      },
    });

    const { backup, copy, report } = await copyOf(app);

    expect(report.failed).toEqual([]);
    expect(report.reasons).toMatchObject({ "auto-made": 2 });
    await eventually("merged", async () => {
      const account = await rig.client.get(core(copy, "serviceaccounts/default"));
      return JSON.stringify(account["imagePullSecrets"]) === '[{"name":"registry"}]';
    });
    const account = core(copy, "serviceaccounts/default");
    await rig.client.patch(account, { imagePullSecrets: [{ name: "own" }] }, "merge");
    await rig.restore(backup, { namespaceMapping: { [app]: copy } });
    expect(await rig.client.get(account)).toMatchObject({
      imagePullSecrets: [{ name: "own" }, { name: "registry" }],
    });
    const root = await eventually("root", () => rig.client.find(core(copy, "configmaps/kube-root-ca.crt")));
    expect(root.metadata["annotations"]).not.toHaveProperty("old");
    expect(await rig.client.find(core(copy, "secrets/default-token-abc12"))).toBeUndefined();
  });

  it("stays the cluster's root certificate, also where the backup brings another cluster's and would replace it", async () => {
    const app = uniqueName("app");
    await rig.client.apply([namespace(app)]);
    const path = core(app, "configmaps/kube-root-ca.crt");
    const own = await eventually("root", () => rig.client.find(path));
    const backup = await backUpRewritten(rig, (object) =>
      object["kind"] === "ConfigMap" &&
      (object["metadata"] as KubeObject["metadata"])["uid"] === own.metadata["uid"]
        ? { ...object, data: { "ca.crt": "another cluster's" } }
        : undefined,
    );
    const selection = { includeNamespaces: [app] };

    for (const existing of ["update", "replace", "recreate"] as const) {
      const report = await rig.restore(backup, { selection, existing });
      expect(report.failed).toEqual([]);
    }

    expect(await rig.client.get(path)).toEqual(own);
  });

  it("does not take a token that a user asked for away, also when its account comes late, and fills it anew", async () => {
    const app = uniqueName("app");
    const robot = { apiVersion: "v1", kind: "ServiceAccount", metadata: { namespace: app, name: "robot" } };
    await rig.client.apply([namespace(app), robot]);
    await rig.client.create(core(app, "secrets"), {
      apiVersion: "v1",
      kind: "Secret",
      type: "kubernetes.io/service-account-token",
      metadata: { name: "ci", annotations: { "kubernetes.io/service-account.name": "robot" } },
    });
    const token = async (ns: string) => {
      const secret = await rig.client.find(core(ns, "secrets/ci"));
      return (secret?.["data"] as Record<string, string> | undefined)?.["token"];
    };
    const old = await eventually("a token", () => token(app));
    const { copy, report } = await creatingLate("serviceaccounts", 1_000, () => copyOf(app));

    expect(report.failed).toEqual([]);
    expect(await eventually("a new token", () => token(copy))).not.toBe(old);
  });

  it("is never written: system priority classes, flow schemas, addresses, certificate requests, nodes", async () => {
    const name = uniqueName("whole");
    const requests = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
    await rig.client.create("/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata: { name } });
    await rig.client.create(requests, {
      apiVersion: "certificates.k8s.io/v1",
      kind: "CertificateSigningRequest",
      metadata: { name },
      spec: { request: CERTIFICATE_REQUEST, signerName: "example.com/none", usages: ["client auth"] },
    });
    await rig.client.create("/apis/scheduling.k8s.io/v1/priorityclasses", {
      apiVersion: "scheduling.k8s.io/v1",
      kind: "PriorityClass",
      metadata: { name },
      value: 7,
    });
    // Such as no server sets and none takes away: an update would bring it back.
    const label = (old: "yes" | null) =>
      Promise.all(SERVERS_OWN.map((path) => rig.client.patch(path, { metadata: { labels: { old } } })));
    await label("yes");
    const backup = await rig.backUp([]);
    await label(null);
    await rig.client.delete(`/api/v1/nodes/${name}`);
    await rig.client.delete(`${requests}/${name}`);
    await rig.client.delete(`/apis/scheduling.k8s.io/v1/priorityclasses/${name}`);
    // By name: others make such objects at the same time.
    const objects = [
      `priorityclasses/${name}`,
      ...SERVERS_OWN.map((path) => path.split("/").slice(-2).join("/")),
    ];
    const never = ["certificatesigningrequests", "ipaddresses", "nodes"];
    const selection = { includeResources: [...objects, ...never] };

    const report = await rig.restore(backup, { selection, existing: "update" });
    const plan = (await rig.prepare(backup, { selection })).plan;

    expect(report.failed).toEqual([]);
    expect(report.counts).toMatchObject({ created: 1, updated: 0 });
    for (const path of SERVERS_OWN)
      expect((await rig.client.get(path)).metadata["labels"] ?? {}).not.toHaveProperty("old");
    expect(plan.neverRestored.map(({ kind }) => kind.resource).toSorted()).toEqual(never);
    for (const path of ["/api/v1/nodes", requests])
      expect(await rig.client.find(`${path}/${name}`)).toBeUndefined();
    expect(await rig.client.find(`/apis/scheduling.k8s.io/v1/priorityclasses/${name}`)).toBeDefined();
    await rig.client.delete(`/apis/scheduling.k8s.io/v1/priorityclasses/${name}`);
  });
});

describe("custom resources", () => {
  it("200 of them and their definition return into a cluster without either", async () => {
    const [app, plural] = [uniqueName("app"), uniqueName("widgets").replace("-", "")];
    const group = `${plural}.example.com`;
    const definition = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        scope: "Namespaced",
        names: { plural, singular: plural, kind: `K${plural}` },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
          },
        ],
      },
    };
    const path = `/apis/${group}/v1/namespaces/${app}/${plural}`;
    await rig.client.apply([namespace(app), definition]);
    await eventually("path", async () => (await rig.client.request("GET", path)).status === 200);
    const names = Array.from({ length: 200 }, (_, index) => `w${String(index).padStart(3, "0")}`);
    for (const name of names) {
      await rig.client.create(path, {
        apiVersion: `${group}/v1`,
        kind: `K${plural}`,
        metadata: { name },
        spec: { big: 9007199254740993n },
        status: { observedGeneration: 1, ip: "192.0.2.7" },
      });
    }
    const backup = await rig.backUp([app]);
    await rig.removeNamespace(app);
    await rig.client.delete(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.${group}`);
    await eventually(
      "path gone",
      async () => (await rig.client.request("GET", `/apis/${group}/v1`)).status === 404,
    );
    // So late that all else is there before it.
    const report = await creatingLate("customresourcedefinitions", 1_500, () => rig.restore(backup));

    expect(report.failed).toEqual([]);
    expect(report.complete).toBe(true);
    const restored = await rig.client.list(path);
    expect(restored).toHaveLength(200);
    expect(restored[0]).toMatchObject({ spec: { big: 9007199254740993n }, status: { ip: "192.0.2.7" } });
    await rig.client.delete(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.${group}`);
  });
});
