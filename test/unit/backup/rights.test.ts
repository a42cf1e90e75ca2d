import { expect, test } from "vitest";
import { planBackup } from "#core/backup/plan-backup.ts";
import { backupRights } from "#core/backup/rights.ts";
import { selection } from "#core/model/selection.ts";
import { memoryCatalog } from "#test/doubles/memory-catalog.ts";
import { memoryCluster } from "#test/doubles/memory-cluster.ts";

const context = { signal: new AbortController().signal, now: () => new Date(), onProgress: () => undefined };

/** What `rbac backup` prints for a selection, by what kubectl apply tells objects apart. */
async function printed(chosen: Parameters<typeof selection.parse>[0]): Promise<readonly string[]> {
  const cluster = memoryCluster();
  cluster.put("namespaces", { metadata: { name: "shop" } });
  const ask = { cluster, catalog: memoryCatalog(), selection: selection.parse(chosen) };
  const { plan } = await planBackup(ask, context);
  return backupRights(plan, !plan.selection.takesAllNamespaces).map(({ kind, metadata }) =>
    [kind, metadata.namespace ?? "", metadata.name].join(" "),
  );
}

test("roles for one namespace, applied, leave the whole cluster's as it is: no object is in both", async () => {
  const whole = await printed({});
  const narrowed = await printed({ includeNamespaces: ["shop"], includeClusterResources: "true" });
  expect(narrowed).toEqual([
    "Role shop kubectl-backup-reader",
    "ClusterRole  kubectl-backup-reader-cluster-scoped",
  ]);
  expect(whole).toHaveLength(1);
  expect(narrowed).not.toContain(whole[0]);
});
