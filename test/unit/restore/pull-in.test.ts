import { describe, expect, it } from "vitest";
import { runBackup } from "#core/backup/run.ts";
import { backupRequest } from "#core/model/backup.ts";
import { restoreRequest } from "#core/model/restore.ts";
import { selection } from "#core/model/selection.ts";
import { runRestore } from "#core/restore/run.ts";
import { memoryCatalog } from "#test/doubles/memory-catalog.ts";
import { coreResources, memoryCluster, resource } from "#test/doubles/memory-cluster.ts";

const context = {
  signal: new AbortController().signal,
  now: () => new Date("2026-01-01T00:00:05Z"),
  onProgress: () => undefined,
};

const resources = [
  ...coreResources.filter(({ resource: name }) => name !== "storageclasses"),
  resource("storageclasses.storage.k8s.io", "StorageClass", { namespaced: false }),
];

/** A namespace with a claim on a retained volume, saved, and then lost with the volume object and its class. */
async function lostApp() {
  const cluster = memoryCluster({ resources });
  const catalog = memoryCatalog();
  for (const name of ["shop", "kube-system"]) cluster.put("namespaces", { metadata: { name } });
  cluster.put("storageclasses.storage.k8s.io", { metadata: { name: "fast" } });
  cluster.put("persistentvolumes", {
    metadata: { name: "pv-1" },
    spec: {
      persistentVolumeReclaimPolicy: "Retain",
      csi: { driver: "d", volumeHandle: "disk" },
      claimRef: { namespace: "shop", name: "data", uid: "u" },
    },
    status: { phase: "Bound" },
  });
  cluster.put("persistentvolumeclaims", {
    metadata: { name: "data", namespace: "shop" },
    spec: { volumeName: "pv-1", storageClassName: "fast" },
    status: { phase: "Bound" },
  });
  const request = backupRequest.parse({ name: "b", selection: selection.parse({}) });
  await runBackup({ cluster, catalog, request, toolVersion: "0.1.0" }, context);
  cluster.drop("persistentvolumeclaims", "shop", "data");
  cluster.drop("persistentvolumes", "", "pv-1");
  cluster.drop("storageclasses.storage.k8s.io", "", "fast");
  const restore = async (chosen: Parameters<typeof selection.parse>[0]) => {
    const parsed = { name: "r", backup: "b", selection: selection.parse(chosen), wait: false };
    const backup = await catalog.open("b", context);
    const ask = { cluster, catalog, backup, stateDirectory: "/nowhere" };
    return runRestore({ ...ask, request: restoreRequest.parse(parsed) }, context);
  };
  return { cluster, restore };
}

describe("the retained volume of a claim", () => {
  it("returns with a claim that is restored by its namespace", async () => {
    const { cluster, restore } = await lostApp();
    const report = await restore({ includeNamespaces: ["shop"] });
    expect(report.complete).toBe(true);
    expect(cluster.read("persistentvolumes", "", "pv-1")).toMatchObject({
      spec: { claimRef: { namespace: "shop", name: "data" } },
    });
    expect(cluster.read("persistentvolumeclaims", "shop", "data")).toMatchObject({
      spec: { volumeName: "pv-1" },
    });
  });

  it.each([
    ["no cluster-scoped objects are wanted", { includeClusterResources: "false" as const }],
    ["volumes are left out", { excludeResources: ["persistentvolumes"] }],
    ["this volume is left out", { includeNamespaces: ["shop"], excludeResources: ["pv/pv-1"] }],
  ])("stays away, and the claim is held back, where %s", async (_, chosen) => {
    const { cluster, restore } = await lostApp();
    const report = await restore(chosen);
    expect(report.held).toMatchObject([{ resource: "persistentvolumeclaims", name: "data" }]);
    expect(cluster.read("persistentvolumes", "", "pv-1")).toBeUndefined();
    expect(cluster.read("persistentvolumeclaims", "shop", "data")).toBeUndefined();
  });
});

describe("a caller who may not see volumes", () => {
  it("gets everything but the bound claims, which are held back", async () => {
    const { cluster, restore } = await lostApp();
    cluster.refuse({ resource: "persistentvolumes", status: 403 });
    const report = await restore({ includeNamespaces: ["shop"] });
    expect(report.held).toMatchObject([{ resource: "persistentvolumeclaims", name: "data" }]);
    expect(report.failed).toEqual([]);
  });
});

describe("what selected objects refer to", () => {
  it("comes along, but not against the exclude list", async () => {
    const excluded = await lostApp();
    const plain = await lostApp();
    await plain.restore({ includeNamespaces: ["shop"] });
    await excluded.restore({ includeNamespaces: ["shop"], excludeResources: ["storageclasses"] });
    expect(plain.cluster.read("storageclasses.storage.k8s.io", "", "fast")).toBeDefined();
    expect(excluded.cluster.read("storageclasses.storage.k8s.io", "", "fast")).toBeUndefined();
  });
});
