import { describe, expect, it } from "vitest";
import type { DeleteOptions } from "#core/kube/cluster.ts";
import type { MemoryCluster } from "#test/doubles/memory-cluster.ts";
import { differingSettings, settings } from "./differing-settings.ts";

/** A ConfigMap that differs from its backup is recreated; `meanwhile` happens around its deletion. */
async function recreated(meanwhile: {
  readonly before?: (cluster: MemoryCluster) => void;
  readonly after?: (cluster: MemoryCluster) => void;
}) {
  const { cluster, catalog, differing, restore, live } = await differingSettings();
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
  const report = await restore("recreate");
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
