import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ControlPlane, startControlPlane } from "#test/harness/control-plane.ts";
import {
  CONFIG_MAPS,
  clusterOf,
  configMaps,
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

  it("streams as well, of one moment", async () => {
    await seed("streamed", 30, 100);
    const { names, summary } = await readAll(
      cluster.list({ resource: CONFIG_MAPS, namespace: "streamed", signal }),
    );
    expect(names).toHaveLength(30);
    expect(summary).toMatchObject({ method: "watch-list", consistent: true });
  });
});
