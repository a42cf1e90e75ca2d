import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ControlPlane, startControlPlane } from "#test/harness/control-plane.ts";
import { eventually } from "#test/harness/eventually.ts";
import { faultyKubeProxy } from "#test/harness/faulty-proxy.ts";
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

/** Without its watch cache the server forgets old revisions as soon as etcd does. */
let plane: ControlPlane;
let cluster: OpenedCluster;

beforeAll(async () => {
  plane = await startControlPlane({ watchCache: false, controllerManager: false });
  cluster = await clusterOf(plane.kubeconfigPath);
});
afterAll(async () => {
  cluster.close();
  await plane.stop();
});

async function seed(namespace: string, count: number, bytes: number): Promise<void> {
  const admin = plane.adminClient();
  await admin.apply([namespaceObject(namespace), ...configMaps(namespace, count, bytes)]);
  admin.close();
}

describe("a list whose continue token expired", () => {
  it("goes on at the newest state and says that it is not of one moment, once a part was given", async () => {
    await seed("large", 60, 60_000);
    const list = cluster.list({ resource: CONFIG_MAPS, namespace: "large", pageSize: 30, signal });
    // More than 1 MiB was read: the first batch comes while the second page has not been asked for.
    const first = await list.next();
    const admin = plane.adminClient();
    await admin.delete("/api/v1/namespaces/large/configmaps/c0050");
    await admin.apply([
      { ...configMaps("large", 1)[0], metadata: { name: "c0059b", namespace: "large" } },
    ] as never);
    admin.close();
    await plane.etcdCompact();
    const rest = await readAll(list);
    const given = first.done
      ? []
      : first.value.map((item) => JSON.parse(Buffer.from(item).toString()).metadata.name);
    const names = [...given, ...rest.names];
    expect(rest.summary).toMatchObject({ method: "pages", consistent: false, requests: 3, count: 60 });
    expect(new Set(names).size).toBe(60);
    expect(names).toContain("c0059b");
    expect(names).not.toContain("c0050");
  });

  it("is no list only: a watch from a forgotten resourceVersion is told as gone", async () => {
    await seed("watched", 3, 10);
    await plane.etcdCompact();
    const old = cluster.watch({ resource: CONFIG_MAPS, namespace: "watched", resourceVersion: "2", signal });
    await expect(old[Symbol.asyncIterator]().next()).rejects.toMatchObject({ reply: { status: 410 } });
  });

  it("is read as a stream when nothing was given yet, of one moment", async () => {
    await seed("held", 600, 100);
    const proxy = await faultyKubeProxy(plane);
    const behind = await clusterOf(proxy.kubeconfigPath);
    proxy.add({ when: ({ query }) => query.includes("continue="), times: 1, fault: { delayMs: 2_000 } });
    const reading = readAll(behind.list({ resource: CONFIG_MAPS, namespace: "held", signal }));
    await eventually("the second page", async () => proxy.requests.length > 1);
    const admin = plane.adminClient();
    await admin.apply(configMaps("held", 601).slice(600));
    admin.close();
    await plane.etcdCompact();
    const { names, summary } = await reading;
    behind.close();
    await proxy.stop();
    expect(proxy.requests.map(({ status }) => status)).toEqual([200, 410, 200]);
    expect(summary).toMatchObject({ method: "watch-list", consistent: true, requests: 3, count: 601 });
    expect(new Set(names).size).toBe(601);
  });

  it("does not matter to a stream, which is of one moment without a watch cache too", async () => {
    await seed("streamed", 501, 100);
    const streaming = await clusterOf(plane.kubeconfigPath, LONG_FROM_PAGE_TWO);
    const { names, summary } = await readAll(
      streaming.list({ resource: CONFIG_MAPS, namespace: "streamed", signal }),
    );
    streaming.close();
    expect(names).toHaveLength(501);
    expect(summary).toMatchObject({ method: "watch-list", consistent: true });
  });
});
