import { describe, expect, it } from "vitest";
import type { MemoryCluster } from "#test/doubles/memory-cluster.ts";
import { differingSettings, settings } from "./differing-settings.ts";

/** A ConfigMap that differs from its backup is updated; `arrange` sets up what somebody else does meanwhile. */
async function updated(arrange: (cluster: MemoryCluster) => void) {
  const { cluster, restore, live } = await differingSettings();
  arrange(cluster);
  const report = await restore("update");
  return { report, live: live() };
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
