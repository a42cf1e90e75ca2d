import { describe, expect, it } from "vitest";
import { runBackup } from "#core/backup/run.ts";
import type { DeleteOptions } from "#core/kube/cluster.ts";
import { backupRequest } from "#core/model/backup.ts";
import { restoreRequest } from "#core/model/restore.ts";
import { selection } from "#core/model/selection.ts";
import { runRestore } from "#core/restore/run.ts";
import { memoryCatalog } from "#test/doubles/memory-catalog.ts";
import { type MemoryCluster, memoryCluster } from "#test/doubles/memory-cluster.ts";

const context = { signal: new AbortController().signal, now: () => new Date(), onProgress: () => undefined };
const settings = (value: string) => ({ metadata: { name: "settings", namespace: "shop" }, data: { value } });

/** A ConfigMap that differs from its backup is recreated; `meanwhile` happens around its deletion. */
async function recreated(meanwhile: {
  readonly before?: (cluster: MemoryCluster) => void;
  readonly after?: (cluster: MemoryCluster) => void;
}) {
  const cluster = memoryCluster();
  const catalog = memoryCatalog();
  for (const name of ["shop", "kube-system"]) cluster.put("namespaces", { metadata: { name } });
  cluster.put("configmaps", settings("old"));
  const whole = backupRequest.parse({ name: "b", selection: selection.parse({}) });
  await runBackup({ cluster, catalog, request: whole, toolVersion: "0.1.0" }, context);
  const differing = cluster.put("configmaps", settings("new"));
  const log: string[] = [];
  const deletions: Omit<DeleteOptions, "signal">[] = [];
  const { remove } = cluster;
  cluster.remove = async (ref, { signal, ...options }) => {
    log.push("delete");
    deletions.push(options);
    if (deletions.length === 1) meanwhile.before?.(cluster);
    const reply = await remove(ref, { signal, ...options });
    if (deletions.length === 1) meanwhile.after?.(cluster);
    return reply;
  };
  const { beginRestore } = catalog;
  catalog.beginRestore = async (...asked) => ({
    ...(await beginRestore(...asked)),
    keepBefore: async (images) => {
      log.push(...images.map(({ bytes }) => JSON.parse(Buffer.from(bytes).toString()).data.value));
    },
  });
  const request = restoreRequest.parse({
    ...{ name: "r", backup: "b", wait: false, existing: "recreate" },
    selection: selection.parse({ includeNamespaces: ["shop"], includeResources: ["configmaps"] }),
  });
  const backup = await catalog.open("b", context);
  const report = await runRestore({ cluster, catalog, backup, request, stateDirectory: "/nowhere" }, context);
  const live = () => cluster.read("configmaps", "shop", "settings");
  return { report, log, deletions, differing, live };
}

describe("an object that is recreated", () => {
  it("is kept first, and deleted in that very state with what belongs to it", async () => {
    const { report, log, deletions, differing, live } = await recreated({});
    const { uid, resourceVersion } = differing.metadata;
    expect(log).toEqual(["new", "delete"]);
    expect(deletions).toEqual([{ uid, resourceVersion, propagationPolicy: "Foreground" }]);
    expect(report.counts).toMatchObject({ recreated: 1, failed: 0 });
    expect(live()).toMatchObject({ data: { value: "old" } });
  });

  it("is kept as it is at last where somebody writes it before it is deleted", async () => {
    const { report, log } = await recreated({
      before: (cluster) => cluster.put("configmaps", settings("late")),
    });
    expect(log).toEqual(["new", "delete", "late", "delete"]);
    expect(report.counts).toMatchObject({ recreated: 1 });
  });

  it.each(["before", "after"] as const)("is no other that takes its name %s it is deleted", async (when) => {
    const { report, deletions, live } = await recreated({
      [when]: (cluster: MemoryCluster) => {
        cluster.drop("configmaps", "shop", "settings");
        cluster.put("configmaps", settings("of another"));
      },
    });
    expect(deletions).toHaveLength(1);
    expect(report.failed).toMatchObject([{ name: "settings", outcome: { reason: "replaced" } }]);
    expect(live()).toMatchObject({ data: { value: "of another" } });
  });
});
