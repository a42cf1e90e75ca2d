import { describe, expect, it } from "vitest";
import { runBackup } from "#core/backup/run.ts";
import { backupRequest } from "#core/model/backup.ts";
import { restoreRequest } from "#core/model/restore.ts";
import { selection } from "#core/model/selection.ts";
import { readVolume } from "#core/restore/claims.ts";
import { runRestore } from "#core/restore/run.ts";
import { memoryCatalog } from "#test/doubles/memory-catalog.ts";
import { memoryCluster } from "#test/doubles/memory-cluster.ts";

const context = {
  signal: new AbortController().signal,
  now: () => new Date("2026-01-01T00:00:05Z"),
  onProgress: () => undefined,
};

const volume = (name: string, disk: string, spec: object = {}) => ({
  metadata: { name },
  spec: {
    persistentVolumeReclaimPolicy: "Retain",
    csi: { driver: "d", volumeHandle: disk },
    ...spec,
  },
  status: { phase: "Available" },
});

/** These volumes, saved and lost. */
async function lostVolumes(...volumes: readonly ReturnType<typeof volume>[]) {
  const cluster = memoryCluster();
  const catalog = memoryCatalog();
  for (const name of ["shop", "kube-system"]) cluster.put("namespaces", { metadata: { name } });
  for (const one of volumes) cluster.put("persistentvolumes", one);
  const request = backupRequest.parse({ name: "b", selection: selection.parse({}) });
  await runBackup({ cluster, catalog, request, toolVersion: "0.1.0" }, context);
  for (const { metadata } of volumes) cluster.drop("persistentvolumes", "", metadata.name);
  const restore = async (chosen: Parameters<typeof selection.parse>[0] = {}) => {
    const parsed = { name: "r", backup: "b", selection: selection.parse(chosen), wait: false };
    const backup = await catalog.open("b", context);
    const ask = { cluster, catalog, backup, stateDirectory: "/nowhere" };
    return runRestore({ ...ask, request: restoreRequest.parse(parsed) }, context);
  };
  return { cluster, restore };
}

describe("a volume that no claim has", () => {
  it("returns where its disk is free", async () => {
    const { cluster, restore } = await lostVolumes(volume("spare", "disk"));
    expect((await restore()).reasons).toEqual({});
    expect(cluster.read("persistentvolumes", "", "spare")).toBeDefined();
  });

  it.each([
    ["with everything", {}],
    ["by its kind", { includeResources: ["pv"] }],
  ])(
    "does not return, selected %s, where another volume of the cluster lies on its disk",
    async (_, chosen) => {
      const { cluster, restore } = await lostVolumes(volume("spare", "disk"));
      cluster.put("persistentvolumes", volume("other", "disk"));
      expect((await restore(chosen)).reasons).toEqual({ "disk-in-use": 1 });
      expect(cluster.read("persistentvolumes", "", "spare")).toBeUndefined();
    },
  );

  it("returns alone where the backup holds two on one disk", async () => {
    const { cluster, restore } = await lostVolumes(volume("a", "disk"), volume("b", "disk"));
    expect((await restore()).reasons).toEqual({ "disk-in-use": 1 });
    expect(cluster.read("persistentvolumes", "", "a")).toBeDefined();
    expect(cluster.read("persistentvolumes", "", "b")).toBeUndefined();
  });

  it("is not in the way of one that is selected alone", async () => {
    const { cluster, restore } = await lostVolumes(volume("a", "disk"), volume("b", "disk"));
    await restore({ includeResources: ["pv/b"] });
    expect(cluster.read("persistentvolumes", "", "b")).toBeDefined();
  });

  it("that is in the cluster itself is compared as everything else", async () => {
    const { cluster, restore } = await lostVolumes(volume("spare", "disk"));
    cluster.put("persistentvolumes", volume("spare", "disk"));
    cluster.put("persistentvolumes", volume("other", "disk"));
    expect((await restore()).counts).toMatchObject({ skipped: 0 });
  });

  it("does not return where the cluster's volumes may not be listed", async () => {
    const { cluster, restore } = await lostVolumes(volume("spare", "disk"));
    cluster.refuseLists("persistentvolumes");
    expect((await restore()).reasons).toEqual({ "disk-in-use": 1 });
    expect(cluster.read("persistentvolumes", "", "spare")).toBeUndefined();
  });
});

describe("what a volume lies on", () => {
  const on = (spec: Parameters<typeof readVolume>[0]) => readVolume({ spec }).handle;
  const node = (name: string) => ({ required: { nodeSelectorTerms: [{ matchFields: [name] }] } });

  it("is the same whoever mounts it how", () => {
    const nfs = { server: "s", path: "/p" };
    expect(on({ nfs })).toBe(on({ nfs: { ...nfs, readOnly: true } }));
    expect(on({ awsElasticBlockStore: { volumeID: "v" } })).toBe(
      on({ awsElasticBlockStore: { volumeID: "v", fsType: "xfs" } }),
    );
    expect(on({ awsElasticBlockStore: { volumeID: "v" } })).not.toBe(
      on({ awsElasticBlockStore: { volumeID: "w" } }),
    );
  });

  it("is another disk on another node", () => {
    const local = { path: "/mnt/disk" };
    expect(on({ local, nodeAffinity: node("a") })).not.toBe(on({ local, nodeAffinity: node("b") }));
    expect(on({ local, nodeAffinity: node("a") })).toBe(on({ local, nodeAffinity: node("a") }));
  });
});
