// As Velero stored what servers of 1.16 to 1.21 sent: no such server runs here, so the archive is written by hand.
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "#test/harness/eventually.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { tarGz } from "#test/harness/tar-gz.ts";
import { openRig, type Rig } from "./rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await openRig(sharedCluster());
});
afterAll(() => rig.stop());

interface Stored {
  readonly resource: string;
  readonly object: {
    readonly metadata: { readonly namespace?: string; readonly name: string; readonly labels?: object };
    readonly [field: string]: unknown;
  };
}

/** Stores a backup of Velero's with these objects; `resource` is the name of their folder. */
async function storeVeleroBackup(name: string, stored: readonly Stored[]): Promise<void> {
  const { signal } = new AbortController();
  const files = stored.map(({ resource, object }) => {
    const { namespace, name: own } = object.metadata;
    const place = namespace === undefined ? "cluster" : `namespaces/${namespace}`;
    const metadata = { uid: `uid-${resource}-${own}`, resourceVersion: "7", ...object.metadata };
    return [`resources/${resource}/${place}/${own}.json`, JSON.stringify({ ...object, metadata })];
  });
  const commit = {
    apiVersion: "velero.io/v1",
    kind: "Backup",
    metadata: { name },
    spec: {},
    status: { phase: "Completed", formatVersion: "1.1.0" },
  };
  const archive = await tarGz({ "metadata/version": "1.1.0\n", ...Object.fromEntries(files) });
  await rig.store.put(`backups/${name}/velero-backup.json`, Buffer.from(JSON.stringify(commit)), signal);
  await rig.store.put(`backups/${name}/${name}.tar.gz`, archive, signal);
}

it("a backup of an old server's is restored whole, in the groups and versions that servers have today", async () => {
  const [app, backup, plural] = [uniqueName("app"), uniqueName("b"), uniqueName("cams").replace("-", "")];
  const group = `${plural}.example.com`;
  const definitions = "customresourcedefinitions.apiextensions.k8s.io";
  const labels = { app: "web" };
  const workload = {
    replicas: 1,
    template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "pause" }] } },
  };
  const inApp = (name: string) => ({ namespace: app, name });
  const web = {
    resource: "deployments.extensions",
    object: {
      apiVersion: "extensions/v1beta1",
      kind: "Deployment",
      metadata: { ...inApp("web"), uid: "uid-web" },
      spec: workload,
    },
  };
  const structural = { openAPIV3Schema: { type: "object", properties: { size: { type: "integer" } } } };
  await storeVeleroBackup(backup, [
    { resource: "namespaces", object: { apiVersion: "v1", kind: "Namespace", metadata: { name: app } } },
    web,
    {
      resource: "deployments.apps",
      object: {
        ...web.object,
        apiVersion: "apps/v1",
        spec: { ...workload, selector: { matchLabels: labels } },
      },
    },
    {
      resource: "daemonsets.extensions",
      object: {
        apiVersion: "extensions/v1beta1",
        kind: "DaemonSet",
        metadata: inApp("agent"),
        spec: { template: workload.template, templateGeneration: 4 },
      },
    },
    {
      resource: "networkpolicies.extensions",
      object: {
        apiVersion: "extensions/v1beta1",
        kind: "NetworkPolicy",
        metadata: inApp("closed"),
        spec: { podSelector: {}, policyTypes: ["Ingress"] },
      },
    },
    {
      resource: "services",
      object: {
        apiVersion: "v1",
        kind: "Service",
        metadata: inApp("db"),
        spec: { clusterIP: "None", ports: [{ port: 5432, protocol: "TCP" }] },
      },
    },
    {
      resource: "endpointslices.discovery.k8s.io",
      object: {
        apiVersion: "discovery.k8s.io/v1beta1",
        kind: "EndpointSlice",
        metadata: { ...inApp("db-1"), labels: { "kubernetes.io/service-name": "db" } },
        addressType: "IPv4",
        endpoints: [{ addresses: ["192.0.2.1"], topology: { "kubernetes.io/hostname": "node-1" } }],
        ports: [{ port: 5432, protocol: "TCP" }],
      },
    },
    // Velero stores what the controllers made, too.
    {
      resource: "endpointslices.discovery.k8s.io",
      object: {
        apiVersion: "discovery.k8s.io/v1beta1",
        kind: "EndpointSlice",
        metadata: {
          ...inApp("web-x7k2p"),
          labels: {
            "kubernetes.io/service-name": "web",
            "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
          },
        },
        addressType: "IPv4",
        endpoints: [],
        ports: [],
      },
    },
    {
      resource: "services",
      object: {
        apiVersion: "v1",
        kind: "Service",
        metadata: inApp("web"),
        spec: { selector: labels, ports: [{ port: 80, protocol: "TCP" }] },
      },
    },
    {
      resource: "endpoints",
      object: { apiVersion: "v1", kind: "Endpoints", metadata: inApp("web"), subsets: [] },
    },
    {
      resource: "roles.rbac.authorization.k8s.io",
      object: {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "Role",
        metadata: inApp("deployer"),
        rules: [{ apiGroups: ["extensions"], resources: ["deployments"], verbs: ["get"] }],
      },
    },
    {
      resource: "podsecuritypolicies.policy",
      object: {
        apiVersion: "policy/v1beta1",
        kind: "PodSecurityPolicy",
        metadata: { name: "all" },
        spec: {},
      },
    },
    {
      resource: "leases.coordination.k8s.io",
      object: {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: inApp("leader"),
        spec: { holderIdentity: "a process that ended with its cluster", leaseDurationSeconds: 15 },
      },
    },
    {
      resource: definitions,
      object: {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: { name: `new${plural}.${group}` },
        spec: {
          group,
          scope: "Namespaced",
          names: { plural: `new${plural}`, kind: `N${plural}` },
          versions: [{ name: "v1", served: true, storage: true, schema: structural }],
        },
      },
    },
    {
      resource: definitions,
      object: {
        apiVersion: "apiextensions.k8s.io/v1beta1",
        kind: "CustomResourceDefinition",
        metadata: { name: `${plural}.${group}` },
        spec: { group, version: "v1", names: { plural, kind: `K${plural}` } },
      },
    },
    ...[`new${plural}`, plural].map((resource, index) => ({
      resource: `${resource}.${group}`,
      object: {
        apiVersion: `${group}/v1`,
        kind: `${"NK"[index]}${plural}`,
        metadata: {
          ...inApp("one"),
          ownerReferences: [
            { apiVersion: OWNER_VERSIONS[index], kind: "Deployment", name: "web", uid: "uid-web" },
          ],
        },
        size: 3,
        ...(index === 1 && { unknown: { deep: [{ down: true }] } }),
      },
    })),
  ]);

  const report = await rig.restore(backup);

  expect(report.failed).toEqual([]);
  expect(report.missing).toEqual([]);
  expect(report.counts).toMatchObject({ created: 12, unchanged: 0, skipped: 2 });
  expect(report.reasons).toEqual({ "controller-made": 2 });
  expect(report.neverRestored.map(({ resource, count }) => `${count} ${resource}`).toSorted()).toEqual([
    "1 leases.coordination.k8s.io",
    "1 podsecuritypolicies.policy",
  ]);
  const leases = `/apis/coordination.k8s.io/v1/namespaces/${app}/leases`;
  expect(await rig.client.find(`${leases}/leader`)).toBeUndefined();
  expect(report.warned).toContainEqual(
    expect.objectContaining({
      name: "deployer",
      warnings: [expect.stringContaining("for deployments.apps they say nothing")],
    }),
  );
  const apps = `/apis/apps/v1/namespaces/${app}`;
  const deployment = await rig.client.get(`${apps}/deployments/web`);
  expect(deployment["spec"]).toMatchObject({ selector: { matchLabels: labels } });
  expect((await rig.client.get(`${apps}/daemonsets/agent`))["spec"]).toMatchObject({
    selector: { matchLabels: labels },
  });
  const slices = `/apis/discovery.k8s.io/v1/namespaces/${app}/endpointslices`;
  expect(await rig.client.get(`${slices}/db-1`)).toMatchObject({
    endpoints: [{ addresses: ["192.0.2.1"], nodeName: "node-1" }],
  });
  const policies = `/apis/networking.k8s.io/v1/namespaces/${app}/networkpolicies`;
  expect((await rig.client.get(`${policies}/closed`))["spec"]).toEqual({
    podSelector: {},
    policyTypes: ["Ingress"],
  });
  const [fresh, old] = [`new${plural}`, plural].map(
    (resource) => `/apis/${group}/v1/namespaces/${app}/${resource}`,
  );
  const [first, second] = await Promise.all([fresh, old].map((path) => rig.client.get(`${path}/one`)));
  expect(first).toMatchObject({ size: 3 });
  expect(second).toMatchObject({ size: 3, unknown: { deep: [{ down: true }] } });
  for (const one of [first, second]) {
    expect(one?.metadata["ownerReferences"]).toMatchObject([
      { apiVersion: "apps/v1", kind: "Deployment", uid: deployment.metadata["uid"] },
    ]);
  }
  for (const name of [`new${plural}.${group}`, `${plural}.${group}`]) {
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`;
    await rig.client.delete(path);
    await eventually("gone", async () => (await rig.client.find(path)) === undefined);
  }
});

/** The garbage collector finds an owner by neither any more. */
const OWNER_VERSIONS = ["apps/v1beta2", "extensions/v1beta1"];
