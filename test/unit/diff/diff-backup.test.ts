import { describe, expect, test } from "vitest";
import { runBackup } from "#core/backup/run.ts";
import { diffBackup } from "#core/diff/diff-backup.ts";
import { backupRequest } from "#core/model/backup.ts";
import { selection } from "#core/model/selection.ts";
import { memoryCatalog } from "#test/doubles/memory-catalog.ts";
import { type MemoryCluster, memoryCluster } from "#test/doubles/memory-cluster.ts";

const context = { signal: new AbortController().signal, now: () => new Date(), onProgress: () => undefined };
type Chosen = Parameters<typeof selection.parse>[0];

function shop(): MemoryCluster {
  const cluster = memoryCluster();
  for (const name of ["shop", "lab"]) cluster.put("namespaces", { metadata: { name } });
  for (const namespace of ["shop", "lab"]) {
    cluster.put("configmaps", { metadata: { name: "a", namespace }, data: { k: "1" } });
    cluster.put("secrets", { metadata: { name: "s", namespace }, data: { p: "eA==" } });
  }
  cluster.put("nodes", { metadata: { name: "n" } });
  cluster.put("services", {
    metadata: { name: "web", namespace: "shop" },
    spec: { clusterIP: "10.0.0.1", clusterIPs: ["10.0.0.1"], ports: [{ port: 80, nodePort: 30000 }] },
  });
  return cluster;
}

async function open(cluster: MemoryCluster, chosen: Chosen = {}) {
  const catalog = memoryCatalog();
  const request = backupRequest.parse({ name: "b1", selection: selection.parse(chosen) });
  await runBackup({ cluster, catalog, request, toolVersion: "0.1.0" }, context);
  return catalog.open("b1", context);
}

type Opened = Awaited<ReturnType<typeof open>>;

async function diff(backup: Opened, cluster: MemoryCluster, chosen: Chosen = {}) {
  const report = await diffBackup({ backup, cluster, selection: selection.parse(chosen) }, context);
  const name = (object: { resource: string; namespace: string; name: string }) =>
    `${object.resource} ${object.namespace}/${object.name}`;
  return {
    ...report,
    missing: report.missing.map(name),
    extra: report.extra.map(name),
    different: report.different.map((object) => `${name(object)} ${object.paths.join(" ")}`),
  };
}

describe("diffBackup", () => {
  test("finds nothing between a backup and the cluster it was just made from", async () => {
    const cluster = shop();
    expect(await diff(await open(cluster), cluster)).toMatchObject({
      same: 7,
      missing: [],
      extra: [],
      different: [],
      troubles: [],
    });
  });

  test("finds nothing where everything was made anew with other uids, addresses and ports", async () => {
    const backup = await open(shop());
    const again = shop();
    again.put("services", {
      metadata: { name: "web", namespace: "shop" },
      spec: { clusterIP: "10.0.0.9", clusterIPs: ["10.0.0.9"], ports: [{ port: 80, nodePort: 31111 }] },
      status: { loadBalancer: {} },
    });
    expect(await diff(backup, again)).toMatchObject({ same: 7, missing: [], extra: [], different: [] });
  });

  test("names what is missing, new and changed, with the fields", async () => {
    const cluster = shop();
    const backup = await open(cluster);
    cluster.drop("secrets", "lab", "s");
    cluster.put("configmaps", { metadata: { name: "new", namespace: "shop" } });
    cluster.put("configmaps", {
      metadata: { name: "a", namespace: "shop", labels: { "x/y": "z" } },
      data: { k: "2" },
    });
    cluster.put("namespaces", { metadata: { name: "later" } });
    cluster.put("configmaps", { metadata: { name: "inside", namespace: "later" } });
    expect(await diff(backup, cluster)).toMatchObject({
      missing: ["secrets lab/s"],
      extra: ["namespaces /later", "configmaps shop/new"],
      different: ["configmaps shop/a .data.k .metadata.labels"],
    });
  });

  test("speaks only of what was asked and of what the backup speaks of", async () => {
    const cluster = shop();
    const backup = await open(cluster, { includeNamespaces: ["shop"], includeResources: ["cm", "secrets"] });
    for (const namespace of ["shop", "lab"]) {
      cluster.put("configmaps", { metadata: { name: "new", namespace } });
      cluster.put("serviceaccounts", { metadata: { name: "new", namespace } });
    }
    cluster.drop("secrets", "shop", "s");
    expect(await diff(backup, cluster)).toMatchObject({
      extra: ["configmaps shop/new"],
      missing: ["secrets shop/s"],
    });
    expect(await diff(backup, cluster, { includeResources: ["cm"] })).toMatchObject({ missing: [] });
    expect(await diff(backup, cluster, { includeNamespaces: ["lab"] })).toMatchObject({
      missing: [],
      extra: [],
    });
  });

  test("of a kind of which only related objects are stored nothing is new", async () => {
    const cluster = shop();
    const metadata = { name: "rb", namespace: "shop" };
    const roles = "clusterroles.rbac.authorization.k8s.io";
    cluster.put("rolebindings.rbac.authorization.k8s.io", {
      metadata,
      roleRef: { kind: "ClusterRole", name: "r" },
    });
    cluster.put(roles, { metadata: { name: "r" }, rules: [] });
    const backup = await open(cluster, { includeNamespaces: ["shop"] });
    cluster.put(roles, { metadata: { name: "unrelated" } });
    expect(await diff(backup, cluster)).toMatchObject({ extra: [], missing: [], different: [] });
    cluster.drop(roles, "", "r");
    expect((await diff(backup, cluster)).missing).toEqual(["clusterroles /r"]);
  });

  test("what the backup's own filter would have left out is not new", async () => {
    const cluster = shop();
    const backup = await open(cluster, { labelSelector: "app=web" });
    cluster.put("configmaps", { metadata: { name: "plain", namespace: "shop" } });
    cluster.put("configmaps", { metadata: { name: "web", namespace: "shop", labels: { app: "web" } } });
    expect((await diff(backup, cluster)).extra).toEqual(["configmaps shop/web"]);
  });

  test("a kind that may not be read is named and not taken for missing", async () => {
    const cluster = shop();
    const backup = await open(cluster);
    cluster.refuse({ resource: "secrets", status: 403 });
    const report = await diff(backup, cluster);
    expect(report.missing).toEqual([]);
    expect(report.troubles[0]?.message).toContain("secrets could not be read");
  });
});
