import { describe, expect, it } from "vitest";
import { runBackup } from "#core/backup/run.ts";
import { backupRequest } from "#core/model/backup.ts";
import { restoreRequest } from "#core/model/restore.ts";
import { selection } from "#core/model/selection.ts";
import { runRestore } from "#core/restore/run.ts";
import { memoryCatalog } from "#test/doubles/memory-catalog.ts";
import { type MemoryCluster, memoryCluster } from "#test/doubles/memory-cluster.ts";

const context = { signal: new AbortController().signal, now: () => new Date(), onProgress: () => undefined };
const settings = (value: string) => ({ metadata: { name: "settings", namespace: "shop" }, data: { value } });

/** A ConfigMap that differs from its backup is updated; `arrange` sets up what somebody else does meanwhile. */
async function updated(arrange: (cluster: MemoryCluster) => void) {
  const cluster = memoryCluster();
  const catalog = memoryCatalog();
  for (const name of ["shop", "kube-system"]) cluster.put("namespaces", { metadata: { name } });
  cluster.put("configmaps", settings("old"));
  const whole = backupRequest.parse({ name: "b", selection: selection.parse({}) });
  await runBackup({ cluster, catalog, request: whole, toolVersion: "0.1.0" }, context);
  cluster.put("configmaps", settings("new"));
  arrange(cluster);
  const request = restoreRequest.parse({
    ...{ name: "r", backup: "b", wait: false, existing: "update" },
    selection: selection.parse({ includeNamespaces: ["shop"], includeResources: ["configmaps"] }),
  });
  const backup = await catalog.open("b", context);
  const report = await runRestore({ cluster, catalog, backup, request, stateDirectory: "/nowhere" }, context);
  return { report, live: cluster.read("configmaps", "shop", "settings") };
}

describe("an object that is to be updated", () => {
  it("is created where somebody has deleted it since the look", async () => {
    const { report, live } = await updated((cluster) => {
      const { get } = cluster;
      cluster.get = (ref, signal) => {
        cluster.drop("configmaps", "shop", "settings");
        return get(ref, signal);
      };
    });
    expect(report.counts).toMatchObject({ created: 1, failed: 0 });
    expect(live).toMatchObject({ data: { value: "old" } });
  });

  it("is updated in the state in which somebody else's write has left it", async () => {
    let writes = 0;
    const { report, live } = await updated((cluster) => {
      const { patch } = cluster;
      cluster.patch = (...asked) => {
        writes += 1;
        if (writes === 1)
          cluster.put("configmaps", { ...settings("new"), data: { value: "new", more: "kept" } });
        return patch(...asked);
      };
    });
    expect(report.counts).toMatchObject({ updated: 1, failed: 0 });
    expect(live).toMatchObject({ data: { value: "old", more: "kept" } });
  });

  it("is given up, and left, where somebody writes it again and again", async () => {
    let writes = 0;
    const { report, live } = await updated((cluster) => {
      const { patch } = cluster;
      cluster.patch = (...asked) => {
        writes += 1;
        cluster.put("configmaps", settings(`of another, ${writes}`));
        return patch(...asked);
      };
    });
    expect(report.failed).toMatchObject([{ name: "settings", outcome: { reason: "conflict" } }]);
    expect(live).toMatchObject({ data: { value: `of another, ${writes}` } });
    expect(writes).toBeLessThan(20);
  });
});
