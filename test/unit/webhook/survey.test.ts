import { afterEach, beforeEach, expect, test } from "vitest";
import type { CatalogReader } from "#core/catalog/catalog.ts";
import { BackupIndex } from "#core/guard/backup-index.ts";
import { DEFAULT_SETTINGS } from "#core/protection/settings.ts";
import { createMemoryStore } from "#core/storage/memory.ts";
import { type MemoryCluster, memoryCluster } from "#test/doubles/memory-cluster.ts";
import {
  makeCatalog,
  makeFacts,
  makeFolders,
  makeRun,
  writeBackup,
} from "#test/unit/catalog/backup-fixtures.ts";
import { createMetrics } from "#webhook/metrics.ts";
import { survey } from "#webhook/survey.ts";

// What Prometheus is told of protected namespaces and of clocks.
const { context } = makeRun();
const LISTED = "2026-05-01T10:00:00.000Z";
let folders: Awaited<ReturnType<typeof makeFolders>>;
let cluster: MemoryCluster;
let index: BackupIndex;
let metrics: ReturnType<typeof createMetrics>;
let storeAheadMs: number;
let serverAheadMs: number;
let isDown: boolean;

beforeEach(async () => {
  folders = await makeFolders();
  cluster = memoryCluster();
  metrics = createMetrics();
  [storeAheadMs, serverAheadMs, isDown] = [0, 0, false];
  const store = createMemoryStore();
  const serverTime: CatalogReader["serverTime"] = async () => {
    if (isDown) throw new Error("down");
    return new Date(Date.now() + storeAheadMs);
  };
  const open = async () => ({ ...makeCatalog({ store, folders }), serverTime });
  index = new BackupIndex(
    { url: "memory:", open },
    { cluster: { kubeSystemUid: "kube-system-uid" }, monotonicMs: () => 0 },
  );
  await writeBackup(
    makeCatalog({ store, folders }),
    makeFacts("a", { namespaces: ["shop", "bank"].map(record) }),
  );
  await index.refresh(context);
});
afterEach(() => folders.remove());

function record(name: string) {
  const counts = { itemCount: 4, excludedByLabel: 0, kindsNotRead: [], claims: [] };
  return { name, uid: `${name}-uid`, firstListAt: LISTED, ...counts, complete: name === "shop" };
}

function live(name: string, labels: Record<string, string>, uid = `${name}-uid`): void {
  cluster.put("namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name, uid, labels } });
}

const look = (now = () => new Date(Date.now() + serverAheadMs)) =>
  survey(
    {
      cluster,
      clusterIds: { kubeSystemUid: "kube-system-uid" },
      settings: DEFAULT_SETTINGS,
      indexes: [index],
      now: async () => now(),
    },
    metrics,
    context,
  );

async function told(gauge: "newestBackup" | "maxAgeSeconds" | "clockSkewSeconds") {
  const { values } = await metrics[gauge].get();
  return Object.fromEntries(values.map(({ labels, value }) => [Object.values(labels)[0], value]));
}

test("each protected namespace is told of with its newest usable backup, however old, and its limit; others are not", async () => {
  const PROTECT = { "kubectl-backup.io/protect": "true" };
  live("shop", { ...PROTECT, "kubectl-backup.io/tier": "critical" });
  live("bank", PROTECT);
  live("new", PROTECT);
  live("free", {});
  live("kubectl-backup-self-test", PROTECT);
  await look(() => new Date("2026-06-01T10:00:00Z"));
  expect(await told("newestBackup")).toEqual({ shop: Date.parse(LISTED) / 1000, bank: 0, new: 0 });
  expect(await told("maxAgeSeconds")).toEqual({ shop: 14_400, bank: 86_400, new: 86_400 });
});

test("a namespace that is no longer protected is told of no longer, and a namesake has none of its backups", async () => {
  live("shop", { "kubectl-backup.io/protect": "true" });
  live("bank", { "kubectl-backup.io/protect": "true" });
  await look();
  cluster.drop("namespaces", "", "bank");
  cluster.drop("namespaces", "", "shop");
  live("shop", { "kubectl-backup.io/protect": "true" }, "another");
  await look();
  expect(await told("newestBackup")).toEqual({ shop: 0 });
});

test("clocks are told by how far they go ahead of the API server's, the guard's own too", async () => {
  [storeAheadMs, serverAheadMs] = [-300_000, 60_000];
  await look();
  const skews = await told("clockSkewSeconds");
  expect(skews["guard"]).toBeCloseTo(-60, -1);
  expect(skews["memory:"]).toBeCloseTo(-360, -1);
  isDown = true;
  await look();
  expect(Object.keys(await told("clockSkewSeconds"))).toEqual(["guard"]);
});
