import { describe, expect, it } from "vitest";
import { runBackup } from "#core/backup/run.ts";
import type { WriteOptions } from "#core/kube/cluster.ts";
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
const resources = [...coreResources, resource("statefulsets.apps", "StatefulSet")];
const labels = { app: "db" };

interface Given {
  readonly phase?: string;
  /** The claims were being deleted when the backup was made. */
  readonly terminating?: boolean;
  /** Their volumes were kept, and return with them. */
  readonly retained?: boolean;
}

/** A StatefulSet and a Deployment with their bound claims, which carry no label; all but the namespace is lost. */
async function lostDatabase({ phase = "Bound", terminating = false, retained = false }: Given = {}) {
  const cluster = memoryCluster({ resources });
  const catalog = memoryCatalog();
  for (const name of ["shop", "kube-system"]) cluster.put("namespaces", { metadata: { name } });
  const claim = (name: string) => ({
    metadata: {
      name,
      namespace: "shop",
      ...(terminating && { deletionTimestamp: "2026-01-01T00:00:00Z" }),
    },
    spec: { volumeName: `pv-${name}` },
    status: { phase },
  });
  for (const name of ["data-db-0", "files"]) {
    const { uid } = cluster.put("persistentvolumeclaims", claim(name)).metadata;
    if (!retained) continue;
    cluster.put("persistentvolumes", {
      metadata: { name: `pv-${name}` },
      spec: {
        persistentVolumeReclaimPolicy: "Retain",
        csi: { driver: "d", volumeHandle: name },
        claimRef: { namespace: "shop", name, uid },
      },
      status: { phase },
    });
  }
  cluster.put("statefulsets.apps", {
    metadata: { name: "db", namespace: "shop", labels },
    spec: { replicas: 1, volumeClaimTemplates: [{ metadata: { name: "data" } }] },
  });
  cluster.put("deployments.apps", {
    metadata: { name: "web", namespace: "shop", labels },
    spec: {
      template: { spec: { volumes: [{ name: "f", persistentVolumeClaim: { claimName: "files" } }] } },
    },
  });
  cluster.put("configmaps", { metadata: { name: "settings", namespace: "shop", labels } });
  const request = backupRequest.parse({ name: "b", selection: selection.parse({}) });
  await runBackup({ cluster, catalog, request, toolVersion: "0.1.0" }, context);
  for (const name of ["data-db-0", "files"]) {
    cluster.drop("persistentvolumeclaims", "shop", name);
    cluster.drop("persistentvolumes", "", `pv-${name}`);
  }
  cluster.drop("statefulsets.apps", "shop", "db");
  cluster.drop("deployments.apps", "shop", "web");
  cluster.drop("configmaps", "shop", "settings");
  const restore = async (chosen: Parameters<typeof selection.parse>[0], more: object = {}) => {
    const parsed = { name: "r", backup: "b", selection: selection.parse(chosen), wait: false, ...more };
    const backup = await catalog.open("b", context);
    const ask = { cluster, catalog, backup, stateDirectory: "/nowhere" };
    return runRestore({ ...ask, request: restoreRequest.parse(parsed) }, context);
  };
  return { cluster, claim, restore };
}

const names = (items: readonly { readonly name: string }[]) => items.map(({ name }) => name).toSorted();

describe("what makes pods, selected without its claims", () => {
  it.each([
    ["by a label that they do not carry", { labelSelector: "app=db" }],
    ["by an excluded kind", { includeNamespaces: ["shop"], excludeResources: ["pvc"] }],
    ["by its own kind", { includeResources: ["statefulsets", "deployments", "configmaps"] }],
  ])("%s, is held back and named instead of starting on empty disks", async (_, chosen) => {
    const { cluster, restore } = await lostDatabase();
    const report = await restore(chosen);
    expect(report.complete).toBe(false);
    expect(names(report.held)).toEqual(["db", "web"]);
    expect(report.held.map(({ message }) => message).join()).toMatch(/data-db-0.*--empty-volumes/);
    expect(cluster.read("statefulsets.apps", "shop", "db")).toBeUndefined();
    expect(cluster.read("configmaps", "shop", "settings")).toBeDefined();
  });

  it("returns where its claims are in the target, which a list tells", async () => {
    const { cluster, claim, restore } = await lostDatabase();
    for (const name of ["data-db-0", "files"]) cluster.put("persistentvolumeclaims", claim(name));
    cluster.requests.length = 0;
    const report = await restore({ labelSelector: "app=db" });
    expect(report.held).toEqual([]);
    expect(report.complete).toBe(true);
    expect(cluster.read("statefulsets.apps", "shop", "db")).toBeDefined();
    expect(cluster.requests.filter((request) => request.startsWith("get "))).toEqual([]);
  });

  it("looks for them in the namespace it goes to", async () => {
    const { cluster, claim, restore } = await lostDatabase();
    for (const name of ["data-db-0", "files"]) cluster.put("persistentvolumeclaims", claim(name));
    const report = await restore({ labelSelector: "app=db" }, { namespaceMapping: { shop: "copy" } });
    expect(names(report.held)).toEqual(["db", "web"]);
  });

  it("returns where the claims never held data", async () => {
    const { restore } = await lostDatabase({ phase: "Pending" });
    expect((await restore({ labelSelector: "app=db" })).complete).toBe(true);
  });

  it("returns where empty volumes are wanted: all, or by name", async () => {
    const all = await lostDatabase();
    const one = await lostDatabase();
    const chosen = { labelSelector: "app=db" };
    expect((await all.restore(chosen, { emptyVolumes: true })).held).toEqual([]);
    expect(names((await one.restore(chosen, { emptyVolumes: ["shop/files"] })).held)).toEqual(["db"]);
  });

  it("is held back too when its claims were being deleted and do not return", async () => {
    const { restore } = await lostDatabase({ terminating: true });
    expect(names((await restore({ includeNamespaces: ["shop"] })).held)).toEqual(["db", "web"]);
  });

  it("is not restored either when a claim that was to return with its data is refused", async () => {
    const { cluster, restore } = await lostDatabase({ retained: true });
    const { create } = cluster;
    cluster.create = async (ref, ...rest: [Uint8Array, WriteOptions]) =>
      ref.name === "data-db-0"
        ? { ok: false, status: 403, reason: "Forbidden", message: "over quota", causes: [], warnings: [] }
        : create(ref, ...rest);
    const report = await restore({ includeNamespaces: ["shop"] });
    expect(report.reasons).toEqual({ forbidden: 1, "mounts-failed-claim": 1 });
    expect(cluster.read("statefulsets.apps", "shop", "db")).toBeUndefined();
    expect(cluster.read("deployments.apps", "shop", "web")).toBeDefined();
  });
});
