import { expect, test } from "vitest";
import { runBackup } from "#core/backup/run.ts";
import type { OpenBackup, StoredItem } from "#core/catalog/catalog.ts";
import { backupRequest } from "#core/model/backup.ts";
import { restoreRequest } from "#core/model/restore.ts";
import { selection } from "#core/model/selection.ts";
import { runRestore } from "#core/restore/run.ts";
import { memoryCatalog } from "#test/doubles/memory-catalog.ts";
import { coreResources, memoryCluster } from "#test/doubles/memory-cluster.ts";

const context = {
  signal: new AbortController().signal,
  now: () => new Date("2026-01-01T00:00:05Z"),
  onProgress: () => undefined,
};
/** One alone is more than is read and checked before the first write. */
const HUGE = 3 * 1024 ** 3;

/** Says that its ConfigMaps are huge; one of them has other bytes than were stored. */
function damagedAndHuge(backup: OpenBackup): OpenBackup {
  const originals = new Map<StoredItem, StoredItem>();
  const enlarged = (item: StoredItem): StoredItem => {
    const copy = item.kind === "ConfigMap" ? { ...item, sizeBytes: HUGE } : item;
    originals.set(copy, item);
    return copy;
  };
  return {
    ...backup,
    async *items(kind, namespace) {
      for await (const batch of backup.items(kind, namespace)) yield batch.map(enlarged);
    },
    async *read(items, signal) {
      const isFlipped = ({ name }: StoredItem) => name === "flipped";
      for (const item of items.filter(isFlipped)) yield { ok: false, item, message: "sha256 differs" };
      for (const item of items.filter((other) => !isFlipped(other))) {
        for await (const read of backup.read([originals.get(item) ?? item], signal)) yield { ...read, item };
      }
    },
  };
}

test("an object beyond what is checked beforehand is not written either when its bytes turn out damaged", async () => {
  const cluster = memoryCluster({ resources: coreResources });
  const catalog = memoryCatalog();
  for (const name of ["shop", "kube-system"]) cluster.put("namespaces", { metadata: { name } });
  for (const name of ["flipped", "intact"])
    cluster.put("configmaps", { metadata: { name, namespace: "shop" } });
  const request = backupRequest.parse({ name: "b", selection: selection.parse({}) });
  await runBackup({ cluster, catalog, request, toolVersion: "0.1.0" }, context);
  for (const name of ["flipped", "intact"]) cluster.drop("configmaps", "shop", name);

  const backup = damagedAndHuge(await catalog.open("b", context));
  const chosen = selection.parse({ includeNamespaces: ["shop"] });
  const asked = restoreRequest.parse({ name: "r", backup: "b", selection: chosen, wait: false });
  const report = await runRestore(
    { cluster, catalog, backup, request: asked, stateDirectory: "/nowhere" },
    context,
  );
  expect(report.counts).toMatchObject({ created: 1, failed: 1 });
  expect(cluster.read("configmaps", "shop", "intact")).toBeDefined();
  expect(cluster.read("configmaps", "shop", "flipped")).toBeUndefined();
});
