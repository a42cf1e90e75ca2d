import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { diffBackup } from "#core/diff/diff-backup.ts";
import { selection } from "#core/model/selection.ts";
import { eventually } from "#test/harness/eventually.ts";
import { type FaultyKubeProxy, faultyKubeProxy } from "#test/harness/faulty-proxy.ts";
import type { KubeClient } from "#test/harness/kube-client.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import {
  connect,
  context,
  kindOf,
  type Location,
  makeBackup,
  newLocation,
  storedItems,
} from "./make-backup.ts";

let admin: KubeClient;
let location: Location;
let proxy: FaultyKubeProxy;
const used: string[] = [];

async function newNamespace(stem: string): Promise<string> {
  const name = uniqueName(stem);
  used.push(name);
  await admin.create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  return name;
}

const configMap = (namespace: string, name: string, more: object = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace },
  ...more,
});

beforeAll(async () => {
  admin = sharedCluster().adminClient();
  proxy = await faultyKubeProxy(sharedCluster());
  location = await newLocation();
});

afterAll(async () => {
  for (const name of used) await admin.delete(`/api/v1/namespaces/${name}`);
  admin.close();
  await proxy.stop();
  await location.remove();
});

const backup = (wish: Partial<Parameters<typeof makeBackup>[0]>) =>
  makeBackup({ kubeconfig: sharedCluster().kubeconfigPath, catalog: location.catalog, ...wish });

describe("pages", () => {
  test("1,200 objects in pages of 500 take three lists of one resourceVersion, and what changes between them stays out", async () => {
    const namespace = await newNamespace("pages");
    const names = Array.from({ length: 1199 }, (_, index) => `c${String(index).padStart(4, "0")}`);
    await admin.apply(names.map((name) => configMap(namespace, name)));
    const lists = () =>
      proxy.requests.filter(
        ({ path, method }) => method === "GET" && path === `/api/v1/namespaces/${namespace}/configmaps`,
      );
    const remove = proxy.add({ when: ({ query }) => query.includes("continue="), fault: { delayMs: 1500 } });
    const making = backup({
      kubeconfig: proxy.kubeconfigPath,
      chosen: { includeNamespaces: [namespace] },
      pageSize: 500,
    });
    await eventually("the first page", async () => lists()[0]?.status === 200);
    await admin.delete(`/api/v1/namespaces/${namespace}/configmaps/c1150`);
    await admin.create(`/api/v1/namespaces/${namespace}/configmaps`, configMap(namespace, "c11505"));
    const { facts, items } = await making;
    remove();
    expect(lists()).toHaveLength(3);
    expect(kindOf(facts, "configmaps")).toMatchObject({ method: "pages", count: 1200, consistent: true });
    expect(kindOf(facts, "configmaps")?.resourceVersion).toMatch(/^\d+$/);
    expect(items.has(`configmaps ${namespace}/c1150`)).toBe(true);
    expect(items.has(`configmaps ${namespace}/c11505`)).toBe(false);
    expect(facts).toMatchObject({ phase: "Completed", errors: [] });
  });
});

describe("fidelity", () => {
  test("every byte is the server's: big integers, all byte values, long names", async () => {
    const namespace = await newNamespace("bytes");
    const binary = Buffer.from(Uint8Array.from({ length: 256 }, (_, index) => index)).toString("base64");
    const long = "n".repeat(253);
    await admin.apply([
      configMap(namespace, "binary", { binaryData: { all: binary } }),
      configMap(namespace, long),
      {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "slow", namespace },
        spec: { terminationGracePeriodSeconds: 9007199254740993n, containers: [{ name: "c", image: "x" }] },
      },
    ]);
    const { facts, items } = await backup({ chosen: { includeNamespaces: [namespace] } });
    for (const [title, path] of [
      [`configmaps ${namespace}/binary`, `/api/v1/namespaces/${namespace}/configmaps/binary`],
      [`configmaps ${namespace}/${long}`, `/api/v1/namespaces/${namespace}/configmaps/${long}`],
    ] as const) {
      expect(items.get(title)).toBe((await admin.request("GET", path)).text.trimEnd());
    }
    expect(items.get(`pods ${namespace}/slow`)).toContain(
      '"terminationGracePeriodSeconds":9007199254740993,',
    );
    expect(facts).toMatchObject({ phase: "Completed", errors: [], warnings: [] });
  });

  test("a terminating object is stored with its mark", async () => {
    const namespace = await newNamespace("ending");
    const held = configMap(namespace, "held");
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    await admin.create(path, { ...held, metadata: { ...held.metadata, finalizers: ["example.com/hold"] } });
    await admin.delete(`${path}/held`);
    const { opened } = await backup({ chosen: { includeNamespaces: [namespace] } });
    const kind = opened.kinds.find(({ resource }) => resource === "configmaps");
    const items = kind === undefined ? [] : await storedItems(opened, kind);
    expect(items.filter(({ terminating }) => terminating).map(({ name }) => name)).toEqual(["held"]);
    await admin.patch(`${path}/held`, { metadata: { finalizers: null } });
  });

  test("a group whose first version lacks kinds gives all of them", async () => {
    const group = `${uniqueName("g").replace("-", "")}.example.com`;
    const crd = (plural: string, kind: string, versions: readonly string[]) => ({
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        scope: "Namespaced",
        names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
        versions: versions.map((name, index) => ({
          name,
          served: true,
          storage: index === 0,
          schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
        })),
      },
    });
    const namespace = await newNamespace("crds");
    const crds = [
      crd("cws", "Cw", ["v2"]),
      crd("foos", "Foo", ["v1"]),
      crd("bars", "Bar", ["v1"]),
      crd("bazs", "Baz", ["v1"]),
    ];
    await admin.apply(crds);
    const object = (version: string, kind: string) => ({
      apiVersion: `${group}/${version}`,
      kind,
      metadata: { name: "x", namespace },
      spec: { big: 9223372036854775807n },
    });
    await admin.apply([object("v2", "Cw"), object("v1", "Foo"), object("v1", "Bar"), object("v1", "Baz")]);
    const { facts, items } = await backup({ chosen: { includeNamespaces: [namespace] } });
    for (const { metadata } of crds) {
      expect(items.get(`${metadata.name} ${namespace}/x`)).toContain('"big":9223372036854775807');
      expect(items.has(`customresourcedefinitions.apiextensions.k8s.io /${metadata.name}`)).toBe(true);
      await admin.delete(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${metadata.name}`);
    }
    expect(facts.namespaces).toMatchObject([{ name: namespace, complete: true }]);
  });
});

describe("trouble on the way", () => {
  test("a version whose conversion webhook is dead is read in the version that is stored", async () => {
    const group = `${uniqueName("g").replace("-", "")}.example.com`;
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.${group}`;
    const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
    const version = (name: string, storage: boolean) => ({ name, served: true, storage, schema });
    const spec = {
      group,
      scope: "Namespaced",
      names: { plural: "things", singular: "thing", kind: "Thing", listKind: "ThingList" },
      versions: [version("v2", false), version("v1", true)],
    };
    const namespace = await newNamespace("dead");
    const metadata = { name: `things.${group}` };
    await admin.apply([
      { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition", metadata, spec },
    ]);
    await admin.apply([{ apiVersion: `${group}/v1`, kind: "Thing", metadata: { name: "x", namespace } }]);
    const clientConfig = { url: "https://127.0.0.1:9/convert" };
    const webhook = { clientConfig, conversionReviewVersions: ["v1"] };
    await admin.patch(path, { spec: { conversion: { strategy: "Webhook", webhook } } });
    const list = `/apis/${group}/v2/namespaces/${namespace}/things`;
    await eventually(
      "the dead webhook",
      async () => (await admin.request("GET", `${list}?limit=5`)).status === 500,
    );
    const before = Date.now();
    const { facts, items } = await backup({ chosen: { includeNamespaces: [namespace] } }).finally(() =>
      admin.delete(path),
    );
    // The server asks for 30 s between attempts at the stream; the pages know better at once.
    expect(Date.now() - before).toBeLessThan(29_000);
    expect(items.get(`things.${group} ${namespace}/x`)).toContain(`"apiVersion":"${group}/v1"`);
    expect(kindOf(facts, "things", group)).toMatchObject({ version: "v1", count: 1 });
    expect(facts).toMatchObject({ phase: "Completed", errors: [] });
    expect(facts.warnings.map(({ message }) => message)).toContainEqual(
      expect.stringContaining("read as v1"),
    );
  });

  test("a selector narrows on the server, and the namespace is then not complete", async () => {
    const namespace = await newNamespace("labels");
    const labelled = configMap(namespace, "yes");
    await admin.apply([
      { ...labelled, metadata: { ...labelled.metadata, labels: { app: "web" } } },
      configMap(namespace, "no"),
    ]);
    const chosen = { includeNamespaces: [namespace], labelSelector: "app in (web, api)" };
    for (const pageSize of [undefined, 1]) {
      const { facts, items } = await backup({ chosen, ...(pageSize !== undefined && { pageSize }) });
      expect([...items.keys()].sort()).toEqual([`configmaps ${namespace}/yes`, `namespaces /${namespace}`]);
      expect(facts.namespaces).toMatchObject([{ complete: false }]);
    }
  });

  test("a connection cut in the middle of a list loses and doubles nothing", async () => {
    const namespace = await newNamespace("cut");
    const names = Array.from({ length: 40 }, (_, index) => `c${index}`);
    await admin.apply(names.map((name) => configMap(namespace, name, { data: { text: "x".repeat(2000) } })));
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const remove = proxy.add({
      when: (request) => request.path === path,
      times: 1,
      fault: { cutAfterBytes: 30_000, how: "rst" },
    });
    const { facts, items } = await backup({
      kubeconfig: proxy.kubeconfigPath,
      chosen: { includeNamespaces: [namespace] },
    });
    remove();
    expect(proxy.requests.filter((request) => request.path === path)).toHaveLength(2);
    for (const name of names) {
      const stored = items.get(`configmaps ${namespace}/${name}`);
      expect(stored).toBe((await admin.request("GET", `${path}/${name}`)).text.trimEnd());
    }
    expect(kindOf(facts, "configmaps")).toMatchObject({ count: names.length + 1, consistent: true });
    expect(facts).toMatchObject({ phase: "Completed", errors: [] });
  });
});

describe("what is not stored", () => {
  test("Events, Leases and slices that controllers made are out, what a user made by hand is in", async () => {
    const namespace = await newNamespace("slices");
    const service = (name: string, selector?: object) => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace },
      spec: { ports: [{ port: 80 }], ...(selector && { selector }) },
    });
    await admin.apply([
      service("made", { app: "x" }),
      service("manual"),
      {
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: { name: "manual-1", namespace, labels: { "kubernetes.io/service-name": "manual" } },
        addressType: "IPv4",
        endpoints: [{ addresses: ["192.0.2.1"] }],
      },
      {
        apiVersion: "v1",
        kind: "Endpoints",
        metadata: { name: "manual", namespace },
        subsets: [{ addresses: [{ ip: "192.0.2.1" }], ports: [{ port: 80 }] }],
      },
      {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name: "held", namespace },
        spec: { holderIdentity: "x" },
      },
      {
        apiVersion: "v1",
        kind: "Event",
        metadata: { name: "happened", namespace },
        involvedObject: { kind: "Service", name: "made", namespace },
        reason: "Test",
        type: "Normal",
      },
    ]);
    const slices = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
    const endpoints = `/api/v1/namespaces/${namespace}/endpoints/made`;
    await eventually("the controllers' slices", async () => (await admin.list(slices)).length >= 2);
    await eventually("the controllers' endpoints", async () => (await admin.find(endpoints)) !== undefined);
    const { items } = await backup({ chosen: { includeNamespaces: [namespace] } });
    const held = [...items.keys()];
    expect(held.filter((item) => /^endpoint/.test(item)).sort()).toEqual([
      `endpoints ${namespace}/manual`,
      `endpointslices.discovery.k8s.io ${namespace}/manual-1`,
    ]);
    expect(held.filter((item) => /^(events|leases)/.test(item))).toEqual([]);
  });
});

describe("the whole cluster", () => {
  test("is read without error, and just afterwards the cluster does not differ from it", async () => {
    const namespace = await newNamespace("whole");
    await admin.apply([
      configMap(namespace, "a", { data: { k: "1" } }),
      configMap(namespace, "b", { data: { k: "1" } }),
    ]);
    const { facts, opened } = await backup({});
    expect(facts.errors).toEqual([]);
    expect(facts.phase).toBe("Completed");
    expect(new Set(facts.kinds.map(({ method }) => method))).toEqual(new Set(["pages"]));
    expect(facts.kinds.every(({ consistent }) => consistent)).toBe(true);
    expect(facts.cluster.kubeSystemUid).toMatch(/^[0-9a-f-]{36}$/);
    expect(facts.createdBy.user).toBeTruthy();
    const finished = Date.parse(facts.finished.server);
    expect(finished).toBeGreaterThanOrEqual(Date.parse(facts.started.server));
    expect(facts.namespaces.find(({ name }) => name === namespace)).toMatchObject({ complete: true });

    await admin.delete(`/api/v1/namespaces/${namespace}/configmaps/b`);
    await admin.patch(`/api/v1/namespaces/${namespace}/configmaps/a`, { data: { k: "2" } });
    await admin.create(`/api/v1/namespaces/${namespace}/configmaps`, configMap(namespace, "c"));
    const cluster = await connect(sharedCluster().kubeconfigPath);
    const request = {
      backup: opened,
      cluster,
      selection: selection.parse({ includeNamespaces: [namespace] }),
    };
    const report = await diffBackup(request, context);
    cluster.close();
    expect(report.missing.map(({ name }) => name)).toEqual(["b"]);
    expect(report.extra.map(({ name }) => name)).toEqual(["c"]);
    expect(report.different).toMatchObject([{ name: "a", paths: [".data.k"] }]);
    expect(report.troubles).toEqual([]);
  });
});
