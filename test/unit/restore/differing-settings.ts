import { runBackup } from "#core/backup/run.ts";
import { backupRequest } from "#core/model/backup.ts";
import { type RestoreRequest, restoreRequest } from "#core/model/restore.ts";
import { selection } from "#core/model/selection.ts";
import { runRestore } from "#core/restore/run.ts";
import { memoryCatalog } from "#test/doubles/memory-catalog.ts";
import { memoryCluster } from "#test/doubles/memory-cluster.ts";

const context = { signal: new AbortController().signal, now: () => new Date(), onProgress: () => undefined };

/** The ConfigMap shop/settings. */
export function settings(value: string) {
  return { metadata: { name: "settings", namespace: "shop" }, data: { value } };
}

/** A cluster whose settings are "new" where its backup says "old", and that backup's restore. */
export async function differingSettings() {
  const cluster = memoryCluster();
  const catalog = memoryCatalog();
  for (const name of ["shop", "kube-system"]) cluster.put("namespaces", { metadata: { name } });
  cluster.put("configmaps", settings("old"));
  const whole = backupRequest.parse({ name: "b", selection: selection.parse({}) });
  await runBackup({ cluster, catalog, request: whole, toolVersion: "0.1.0" }, context);
  const differing = cluster.put("configmaps", settings("new"));
  const restore = async (existing: RestoreRequest["existing"]) => {
    const request = restoreRequest.parse({
      ...{ name: "r", backup: "b", wait: false, existing },
      selection: selection.parse({ includeNamespaces: ["shop"], includeResources: ["configmaps"] }),
    });
    const backup = await catalog.open("b", context);
    return runRestore({ cluster, catalog, backup, request, stateDirectory: "/nowhere" }, context);
  };
  const live = () => cluster.read("configmaps", "shop", "settings");
  return { cluster, catalog, differing, restore, live };
}
