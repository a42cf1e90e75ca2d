import { expect, test } from "vitest";
import { type Annotating, annotateSources } from "#core/backup/annotate.ts";
import { runBackup } from "#core/backup/run.ts";
import { backupRequest } from "#core/model/backup.ts";
import { Failure } from "#core/model/errors.ts";
import { selection } from "#core/model/selection.ts";
import { memoryCatalog } from "#test/doubles/memory-catalog.ts";
import { memoryCluster } from "#test/doubles/memory-cluster.ts";

const context = {
  signal: new AbortController().signal,
  now: () => new Date("2026-01-01T00:00:05Z"),
  onProgress: () => undefined,
};
const LAST = "kubectl-backup.io/last-backup";

/** A whole backup of a namespace with one workload and what belongs to it. */
async function backedUp() {
  const cluster = memoryCluster();
  cluster.put("namespaces", { metadata: { name: "shop" } });
  const { metadata } = cluster.put("deployments.apps", { metadata: { name: "web", namespace: "shop" } });
  const ownerReferences = [{ apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: metadata.uid }];
  cluster.put("pods", { metadata: { name: "web-1", namespace: "shop", ownerReferences } });
  cluster.put("pods", { metadata: { name: "alone", namespace: "shop" } });
  cluster.put("configmaps", { metadata: { name: "settings", namespace: "shop" } });
  const catalog = memoryCatalog();
  const request = backupRequest.parse({ name: "b1", selection: selection.parse({}) });
  const result = await runBackup({ cluster, catalog, request, toolVersion: "0.1.0" }, context);
  cluster.requests.length = 0;
  return { cluster, catalog, result };
}

const patched = (requests: readonly string[]) =>
  requests.filter((line) => line.startsWith("patch ")).map((line) => line.slice("patch ".length));

test.each([
  ["namespaces", ["namespaces /shop"]],
  ["workloads", ["namespaces /shop", "deployments.apps shop/web", "pods shop/alone"]],
  ["all", ["namespaces /shop", "configmaps shop/settings", "deployments.apps shop/web", "pods shop/alone"]],
] as const)("--annotate %s tells those, and nothing that a controller made", async (scope, told) => {
  const { cluster, catalog, result } = await backedUp();
  expect(await annotateSources({ cluster, catalog, result, scope }, context)).toEqual([]);
  expect(patched(cluster.requests).toSorted()).toEqual(told.toSorted());
});

test("a namespace that the backup does not hold whole keeps its older reference", async () => {
  const { cluster, catalog, result } = await backedUp();
  const namespaces = result.facts.namespaces.map((record) => ({ ...record, complete: false }));
  const partial = { ...result, facts: { ...result.facts, namespaces } };
  await annotateSources({ cluster, catalog, result: partial, scope: "all" }, context);
  expect(patched(cluster.requests)).toEqual([]);
});

test("a location that goes away once the backup stands, and an interruption, are warnings", async () => {
  const { cluster, catalog, result } = await backedUp();
  const gone: Annotating["catalog"] = {
    url: catalog.url,
    open: async () => {
      throw new Failure("location-unreachable", "no answer from memory:");
    },
  };
  const asked = { cluster, catalog: gone, result, scope: "all" } as const;
  expect(await annotateSources(asked, context)).toEqual([
    { message: "not all that this backup holds was annotated: no answer from memory:" },
  ]);
  expect(cluster.read("namespaces", "", "shop")?.metadata["annotations"]).toMatchObject({ [LAST]: "b1" });
  const stopped = { ...context, signal: AbortSignal.abort() };
  expect(await annotateSources({ ...asked, catalog }, stopped)).toEqual([
    { message: "not all that this backup holds was annotated: interrupted" },
  ]);
});
