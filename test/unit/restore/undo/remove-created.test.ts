import { describe, expect, it } from "vitest";
import { runBackup } from "#core/backup/run.ts";
import { backupRequest } from "#core/model/backup.ts";
import { restoreRequest } from "#core/model/restore.ts";
import type { RestoreReport } from "#core/restore/report.ts";
import { runRestore } from "#core/restore/run.ts";
import type { CreatedObject, Undo } from "#core/restore/undo/open-undo.ts";
import { UNDO_CHOICES } from "#core/restore/undo/undo-choices.ts";
import { memoryCatalog } from "#test/doubles/memory-catalog.ts";
import { type MemoryCluster, memoryCluster } from "#test/doubles/memory-cluster.ts";

const context = {
  signal: new AbortController().signal,
  now: () => new Date("2026-01-01T00:00:05Z"),
  onProgress: () => undefined,
};

/** A restore that has created these ConfigMaps in the namespace shop, and how to take it back. */
async function restored(...names: readonly string[]) {
  const cluster = memoryCluster();
  const catalog = memoryCatalog();
  for (const name of ["shop", "kube-system"]) cluster.put("namespaces", { metadata: { name } });
  for (const name of names)
    cluster.put("configmaps", { metadata: { name, namespace: "shop" }, data: { a: "b" } });
  const wanted = backupRequest.parse({ name: "b", selection: {} });
  await runBackup({ cluster, catalog, request: wanted, toolVersion: "0.1.0" }, context);
  for (const name of names) cluster.drop("configmaps", "shop", name);
  const lines: string[] = [];
  const { beginRestore } = catalog;
  catalog.beginRestore = async (...asked) => ({
    ...(await beginRestore(...asked)),
    append: async (part) => void lines.push(...part.trim().split("\n")),
  });
  const stateDirectory = "/nowhere";
  const backup = await catalog.open("b", context);
  const request = restoreRequest.parse({
    ...{ name: "r", backup: "b", wait: false },
    selection: { includeNamespaces: ["shop"] },
  });
  await runRestore({ cluster, catalog, backup, request, stateDirectory }, context);
  const created: readonly CreatedObject[] = lines
    .map((line) => JSON.parse(line))
    .filter(({ type, outcome }) => type === "item" && outcome.result === "created")
    .map(({ outcome: { uid, made }, ...place }) => ({ ...place, uid, made }));
  const undo = (more: { objects?: readonly CreatedObject[]; forceConflicts?: boolean } = {}) => {
    const { objects = created, forceConflicts = false } = more;
    const asked = restoreRequest.parse({
      ...{ name: "u", backup: "r", selection: {}, wait: false, ...UNDO_CHOICES, forceConflicts },
      undo: { restore: "r", created: true },
    });
    const empty = { ...backup, kinds: [] };
    const record: Undo = { restore: "r", backup: empty, created: objects, gaps: [], isAsLeft: () => true };
    return runRestore(
      { cluster, catalog, backup: empty, request: asked, undo: record, stateDirectory },
      context,
    );
  };
  return { cluster, created, undo };
}

const reasonsOf = ({ failed }: RestoreReport) =>
  failed.map(({ name, outcome }) => [name, "reason" in outcome ? outcome.reason : ""]);
const edit = (cluster: MemoryCluster, name: string) => {
  const live = cluster.read("configmaps", "shop", name);
  if (live !== undefined) cluster.put("configmaps", { ...live, data: { a: "edited" } });
};
const touch = (cluster: MemoryCluster, name: string) => {
  const live = cluster.read("configmaps", "shop", name);
  if (live !== undefined) cluster.put("configmaps", { ...live, status: { seen: cluster.requests.length } });
};

describe("undoing a restore's creations", () => {
  it("deletes what nobody has changed, and names what somebody has", async () => {
    const { cluster, undo } = await restored("edited", "untouched");
    edit(cluster, "edited");
    const report = await undo();
    expect(reasonsOf(report)).toEqual([["edited", "changed-since"]]);
    expect(report).toMatchObject({ complete: false, counts: { deleted: 1, failed: 1 } });
    expect(cluster.read("configmaps", "shop", "untouched")).toBeUndefined();
    expect(cluster.read("configmaps", "shop", "edited")).toMatchObject({ data: { a: "edited" } });
    expect((await undo({ forceConflicts: true })).complete).toBe(true);
    expect(cluster.read("configmaps", "shop", "edited")).toBeUndefined();
  });

  it.each([
    ["keeps what is edited between the look and the deletion", edit, ["changed-since"]],
    ["looks again where only a controller wrote meanwhile, and deletes", touch, []],
  ] as const)("%s", async (_, change, reasons) => {
    const { cluster, undo } = await restored("one");
    const { remove } = cluster;
    let removals = 0;
    cluster.remove = (ref, options) => {
      if (++removals === 1) change(cluster, "one");
      return remove(ref, options);
    };
    const report = await undo();
    expect(reasonsOf(report).map(([, reason]) => reason)).toEqual(reasons);
    expect(cluster.read("configmaps", "shop", "one") === undefined).toBe(reasons.length === 0);
  });

  it("gives up on what somebody writes all the time, and names it", async () => {
    const { cluster, undo } = await restored("busy");
    const { remove } = cluster;
    cluster.remove = (ref, options) => {
      touch(cluster, "busy");
      return remove(ref, options);
    };
    expect(reasonsOf(await undo())).toEqual([["busy", "conflict"]]);
    expect(cluster.read("configmaps", "shop", "busy")).toBeDefined();
  });

  it("keeps and names what an older record says too little of, unless it is forced", async () => {
    const { cluster, created, undo } = await restored("one");
    const objects = created.map((object) => ({ ...object, made: undefined }));
    const report = await undo({ objects });
    expect(reasonsOf(report)).toEqual([["one", "change-unknown"]]);
    expect(report.failed[0]?.outcome).toMatchObject({
      message: expect.stringContaining("--force-conflicts"),
    });
    await undo({ objects, forceConflicts: true });
    expect(cluster.read("configmaps", "shop", "one")).toBeUndefined();
  });

  it("keeps and names what was written in a version that is not served any more", async () => {
    const { created, undo } = await restored("one");
    const objects = created.map((object) => ({ ...object, made: { version: "v1beta1", digest: "" } }));
    expect(reasonsOf(await undo({ objects }))).toEqual([["one", "change-unknown"]]);
  });

  it("does not take for gone what it may not look at", async () => {
    const { cluster, undo } = await restored("one");
    cluster.refuse({ resource: "configmaps", status: 403 });
    const report = await undo();
    expect(reasonsOf(report)).toEqual([["one", "not-read"]]);
    expect(cluster.read("configmaps", "shop", "one")).toBeDefined();
  });

  it("keeps the owner of what is edited at the last moment", async () => {
    const { cluster, undo } = await restored("owned", "owner");
    const owner = cluster.read("configmaps", "shop", "owner");
    const owned = cluster.read("configmaps", "shop", "owned");
    if (owner === undefined || owned === undefined) throw new Error("both are there");
    const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: owner.metadata.uid }];
    cluster.put("configmaps", { ...owned, metadata: { ...owned.metadata, ownerReferences } });
    const { remove } = cluster;
    cluster.remove = (ref, options) => {
      if (ref.name === "owned") edit(cluster, "owned");
      return remove(ref, options);
    };
    const report = await undo();
    expect(reasonsOf(report)).toEqual([["owned", "changed-since"]]);
    expect(report.reasons).toMatchObject({ "owns-kept": 1 });
    expect(cluster.read("configmaps", "shop", "owner")).toBeDefined();
  });
});
