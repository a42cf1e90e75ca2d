import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tooManyRequests } from "#test/harness/faults.ts";
import { type FaultyKubeProxy, faultyKubeProxy } from "#test/harness/faulty-proxy.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import {
  CONFIG_MAPS,
  clusterOf,
  configMaps,
  LONG_FROM_PAGE_TWO,
  namespaceObject,
  type OpenedCluster,
  readAll,
  signal,
} from "./rig.ts";

const namespace = uniqueName("lists");
const COUNT = 1_200;
const target = { resource: CONFIG_MAPS, namespace, signal };
let cluster: OpenedCluster;
let streaming: OpenedCluster;

beforeAll(async () => {
  const admin = sharedCluster().adminClient();
  await admin.apply([namespaceObject(namespace), ...configMaps(namespace, COUNT, 1_200)]);
  admin.close();
  cluster = await clusterOf(sharedCluster().kubeconfigPath);
  streaming = await clusterOf(sharedCluster().kubeconfigPath, LONG_FROM_PAGE_TWO);
});
afterAll(async () => {
  cluster.close();
  streaming.close();
  await sharedCluster().adminKubectl(["delete", "namespace", namespace, "--wait=false"]);
});

describe("a list", () => {
  it("of 1,200 objects in pages of 500 takes three requests and is of one resourceVersion", async () => {
    const { names, summary } = await readAll(cluster.list({ ...target, pageSize: 500 }));
    expect(summary).toMatchObject({ method: "pages", requests: 3, consistent: true });
    expect(summary.count).toBe(names.length);
    expect(new Set(names).size).toBe(COUNT + 1); // kube-root-ca.crt
    expect(Number(summary.resourceVersion)).toBeGreaterThan(0);
  });

  it("of 1,200 objects takes two requests and is of one resourceVersion", async () => {
    const { names, summary } = await readAll(cluster.list({ ...target, keepWatching: true }));
    expect(summary).toMatchObject({ method: "pages", requests: 2, consistent: true, meanwhile: undefined });
    expect(new Set(names).size).toBe(COUNT + 1);
  });

  it("that is short takes one request", async () => {
    const { names, summary } = await readAll(cluster.list({ ...target, namespace: "kube-system" }));
    expect(summary).toMatchObject({ method: "pages", requests: 1, consistent: true, count: names.length });
    expect(names).toContain("kube-root-ca.crt");
  });

  it("gives the same bytes as a stream and in pages", async () => {
    const stream = await readAll(streaming.list(target));
    const pages = await readAll(cluster.list({ ...target, pageSize: 500 }));
    expect(stream.summary).toMatchObject({ method: "watch-list", requests: 2, consistent: true });
    expect(pages.items.toSorted()).toEqual(stream.items.toSorted());
    for (const { items } of [stream, pages]) {
      expect(JSON.parse(items[0] ?? "")).toMatchObject({ apiVersion: "v1", kind: "ConfigMap" });
    }
  });

  it("shows the state of its first page, whatever is written while it is read", async () => {
    const admin = sharedCluster().adminClient();
    const own = uniqueName("moment");
    await admin.apply([namespaceObject(own), ...configMaps(own, 40, 60_000)]);
    const list = cluster.list({ ...target, namespace: own, pageSize: 30 });
    // The first batch comes once more than 1 MiB was read, when the last page has not been asked for.
    const first = await list.next();
    await admin.delete(`/api/v1/namespaces/${own}/configmaps/c0035`);
    await admin.apply(configMaps(own, 41).slice(40));
    admin.close();
    const rest = await readAll(list);
    const given = first.done
      ? []
      : first.value.map((item) => JSON.parse(Buffer.from(item).toString()).metadata.name);
    const names = [...given, ...rest.names];
    expect(names).toContain("c0035");
    expect(names).not.toContain("c0040");
    expect(rest.summary).toMatchObject({ consistent: true, requests: 2 });
    await sharedCluster().adminKubectl(["delete", "namespace", own, "--wait=false"]);
  });

  it("narrows by label and field selectors on the server, whatever the pages", async () => {
    await sharedCluster().adminKubectl(["-n", namespace, "label", "configmap", "c0001", "c0002", "pick=yes"]);
    for (const pageSize of [undefined, 1]) {
      const labelled = await readAll(
        cluster.list({ ...target, pageSize, labelSelector: "pick in (yes,no)" }),
      );
      expect(labelled.names.toSorted()).toEqual(["c0001", "c0002"]);
      const named = await readAll(
        cluster.list({ ...target, pageSize, fieldSelector: "metadata.name=c0007" }),
      );
      expect(named.names).toEqual(["c0007"]);
    }
  });

  it("can be of metadata alone, streamed and in pages", async () => {
    for (const reader of [streaming, cluster]) {
      const { items, summary } = await readAll(reader.list({ ...target, metadataOnly: true }));
      expect(summary.method).toBe(reader === streaming ? "watch-list" : "pages");
      expect(items).toHaveLength(COUNT + 1);
      expect(JSON.parse(items[0] ?? "")).toMatchObject({
        kind: "PartialObjectMetadata",
        apiVersion: "meta.k8s.io/v1",
      });
      expect(items[0]).not.toContain('"data"');
    }
  });

  it("goes on to count the changes made meanwhile where it is streamed", async () => {
    const { summary } = await readAll(streaming.list({ ...target, keepWatching: true }));
    const change = (value: string) =>
      sharedCluster().adminKubectl([
        "-n",
        namespace,
        "annotate",
        "configmap",
        "c0010",
        `note=${value}`,
        "--overwrite",
      ]);
    await change("one");
    await change("two");
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(summary.meanwhile?.close()).toBe(2);
    expect(summary.meanwhile?.close()).toBe(2);
  });

  it("gives the request up when its reader breaks off, streamed and in pages", async () => {
    for (const reader of [streaming, cluster]) {
      for await (const batch of reader.list(target)) {
        expect(batch.length).toBeGreaterThan(0);
        break;
      }
      const stop = new AbortController();
      const list = reader.list({ ...target, signal: stop.signal });
      await list.next();
      stop.abort(new Error("enough"));
      await expect(readAll(list)).rejects.toThrow("enough");
    }
  });
});

describe("a list through trouble", () => {
  let proxy: FaultyKubeProxy;
  let behind: OpenedCluster;
  let streamingBehind: OpenedCluster;
  beforeAll(async () => {
    proxy = await faultyKubeProxy(sharedCluster());
    behind = await clusterOf(proxy.kubeconfigPath);
    streamingBehind = await clusterOf(proxy.kubeconfigPath, LONG_FROM_PAGE_TWO);
  });
  afterAll(async () => {
    behind.close();
    streamingBehind.close();
    await proxy.stop();
  });
  const ofConfigMaps = ({ path }: { path: string }) => path.endsWith("/configmaps");
  const ofStreams = ({ query }: { query: string }) => query.includes("watch=1");

  it("waits as long as a busy server asks, then reads the same way", async () => {
    proxy.add({ when: ofConfigMaps, times: 3, fault: tooManyRequests(2) });
    const startedAt = performance.now();
    const { names, summary } = await readAll(behind.list(target));
    expect(performance.now() - startedAt).toBeGreaterThan(6_000);
    expect(summary).toMatchObject({ method: "pages", requests: 5, consistent: true });
    expect(names).toHaveLength(COUNT + 1);
    expect(behind.notes).toHaveLength(3);
    expect(behind.notes[0]).toContain("429");
    proxy.clear();
  });

  it("waits for a busy server in the middle as well, and still reads as a stream", async () => {
    proxy.add({ when: ofStreams, times: 2, fault: tooManyRequests(1) });
    const startedAt = performance.now();
    const { names, summary } = await readAll(streamingBehind.list(target));
    expect(performance.now() - startedAt).toBeGreaterThan(2_000);
    expect(summary).toMatchObject({ method: "watch-list", requests: 4, consistent: true });
    expect(names).toHaveLength(COUNT + 1);
    proxy.clear();
  });

  it("does not wait for a watch cache that is not ready, but reads in pages", async () => {
    const message = "storage is (re)initializing";
    const body = JSON.stringify({ kind: "Status", message, reason: "TooManyRequests", code: 429 });
    const reply = { status: 429, headers: { "retry-after": "30" }, body };
    proxy.add({ when: ofStreams, fault: { reply } });
    const { names, summary } = await readAll(streamingBehind.list(target));
    expect(summary).toMatchObject({ method: "pages", requests: 4, consistent: true });
    expect(names).toHaveLength(COUNT + 1);
    proxy.clear();
  });

  it.each(["fin", "rst", "stream"] as const)("asks again for a page cut off by %s", async (how) => {
    proxy.add({ when: ofConfigMaps, after: 1, times: 1, fault: { cutAfterBytes: 300_000, how } });
    const { names, summary } = await readAll(behind.list({ ...target, pageSize: 500 }));
    expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
    expect(names).toHaveLength(COUNT + 1);
    expect(summary).toMatchObject({ requests: 4, consistent: true });
    proxy.clear();
  });

  it("asks again for a page that was cut short in order", async () => {
    proxy.add({ when: ofConfigMaps, times: 1, fault: { truncateTo: 200_000 } });
    const { names, summary } = await readAll(behind.list({ ...target, pageSize: 500 }));
    expect(names).toHaveLength(COUNT + 1);
    expect(summary.requests).toBe(4);
    proxy.clear();
  });

  it("reports a line that is no JSON instead of leaving it out", async () => {
    const body = '{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n{"type":"ADDED","object":{"meta\n';
    proxy.add({ when: ofStreams, times: 1, fault: { reply: { status: 200, body } } });
    await expect(readAll(streamingBehind.list(target))).rejects.toMatchObject({ code: "cluster-error" });
    proxy.clear();
  });

  it("goes on over another connection when the server says goodbye", async () => {
    proxy.add({ when: ofConfigMaps, times: 1, fault: { goAway: true } });
    const before = proxy.connections();
    const { names } = await readAll(behind.list({ ...target, pageSize: 500 }));
    expect(names).toHaveLength(COUNT + 1);
    expect(proxy.connections()).toBeGreaterThan(before);
    proxy.clear();
  });

  it("falls back to pages where streams are not served, and asks only once", async () => {
    const body = JSON.stringify({
      kind: "Status",
      message:
        "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled",
      reason: "Invalid",
      code: 422,
    });
    proxy.add({ when: ofStreams, fault: { reply: { status: 422, body } } });
    const old = await clusterOf(proxy.kubeconfigPath, LONG_FROM_PAGE_TWO);
    const first = await readAll(old.list(target));
    const second = await readAll(old.list(target));
    old.close();
    expect(first.summary.method).toBe("pages");
    expect(first.names).toHaveLength(COUNT + 1);
    // The page that showed it was long, the stream, then 500 objects and as many as make 8 MiB.
    expect([first.summary.requests, second.summary.requests]).toEqual([4, 2]);
    proxy.clear();
  });
});

describe("a list with few rights", () => {
  it("is refused for all namespaces and allowed in one", async () => {
    const admin = sharedCluster().adminClient();
    const user = uniqueName("reader");
    await admin.apply([
      {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "Role",
        metadata: { name: "reader", namespace },
        rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list"] }],
      },
      {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "RoleBinding",
        metadata: { name: "reader", namespace },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reader" },
        subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }],
      },
    ]);
    admin.close();
    const kubeconfig = await sharedCluster().withClientCert({ user });
    const reader = await clusterOf(kubeconfig, LONG_FROM_PAGE_TWO);
    expect(await reader.whoAmI(signal)).toBe(user);
    await expect(readAll(reader.list({ ...target, namespace: undefined }))).rejects.toMatchObject({
      code: "cluster-forbidden",
      reply: { status: 403, reason: "Forbidden" },
    });
    // Without the right to watch, LIST has the last word.
    const { names, summary } = await readAll(reader.list(target));
    expect(names).toHaveLength(COUNT + 1);
    expect(summary).toMatchObject({ method: "pages", requests: 4, consistent: true });
    reader.close();
  });
});
