import { expect, test } from "vitest";
import { checkSnapshotClasses } from "#core/check/check-snapshot-classes.ts";
import { memoryCluster, resource } from "#test/doubles/memory-cluster.ts";

const { signal } = new AbortController();
const KIND = "volumesnapshotclasses.snapshot.storage.k8s.io";

function clusterWith(...classes: readonly (readonly [name: string, driver: string, isDefault?: boolean])[]) {
  const cluster = memoryCluster({
    resources: [resource(KIND, "VolumeSnapshotClass", { namespaced: false })],
  });
  for (const [name, driver, isDefault = false] of classes) {
    const annotations = { "snapshot.storage.kubernetes.io/is-default-class": String(isDefault) };
    cluster.put(KIND, { metadata: { name, annotations }, driver });
  }
  return cluster;
}

async function check(cluster: ReturnType<typeof memoryCluster>) {
  return checkSnapshotClasses(cluster, await cluster.discover(signal), signal);
}

test("a cluster that serves no such kind has no snapshots", async () => {
  expect(await check(memoryCluster({ resources: [] }))).toMatchObject({
    state: "ok",
    detail: "this cluster has no CSI snapshots",
  });
});

test("classes are told with their drivers, and that there is none", async () => {
  expect(await check(clusterWith(["fast", "ebs.csi.aws.com", true], ["files", "efs.csi.aws.com"]))).toEqual({
    check: "snapshot classes",
    state: "ok",
    detail: "fast (ebs.csi.aws.com), files (efs.csi.aws.com)",
    help: [],
  });
  expect((await check(clusterWith())).detail).toMatch(/^none/);
});

test("two defaults of one driver are warned of, for the snapshot controller takes neither", async () => {
  const torn = clusterWith(
    ["a", "one.example", true],
    ["b", "one.example", true],
    ["c", "two.example", true],
  );
  expect(await check(torn)).toMatchObject({
    state: "warning",
    detail: expect.stringContaining("driver one.example has more than one default"),
  });
});

test("who may not list them is told so", async () => {
  const cluster = clusterWith(["a", "one.example"]);
  cluster.refuseLists(KIND);
  expect((await check(cluster)).state).toBe("unknown");
});
