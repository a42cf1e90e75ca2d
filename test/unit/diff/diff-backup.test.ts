import { describe, expect, test } from "vitest";
import { runBackup } from "#core/backup/run.ts";
import { diffBackup } from "#core/diff/diff-backup.ts";
import { backupRequest } from "#core/model/backup.ts";
import { selection } from "#core/model/selection.ts";
import { memoryCatalog } from "#test/doubles/memory-catalog.ts";
import { coreResources, type MemoryCluster, memoryCluster, resource } from "#test/doubles/memory-cluster.ts";

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
      extra: ["namespaces /later", "configmaps later/inside", "configmaps shop/new"],
      different: ["configmaps shop/a .data.k .metadata.labels"],
    });
  });

  test("of a namespace that is new it tells what lies in it, where the backup would hold it", async () => {
    const cluster = shop();
    const globs = { includeNamespaces: ["s*", "kube-*"], excludeNamespaces: ["secret"] };
    const [all, some, one] = [
      await open(cluster),
      await open(cluster, globs),
      await open(cluster, { includeNamespaces: ["shop"] }),
    ];
    for (const name of ["spare", "secret", "other"]) {
      cluster.put("namespaces", { metadata: { name } });
      cluster.put("configmaps", { metadata: { name: "inside", namespace: name } });
    }
    const cm = { includeResources: ["cm"] };
    const inside = (...names: readonly string[]) => names.map((name) => `configmaps ${name}/inside`);
    expect((await diff(all, cluster, cm)).extra).toEqual(inside("other", "secret", "spare"));
    expect((await diff(all, cluster, { ...cm, ...globs })).extra).toEqual(inside("spare"));
    expect((await diff(some, cluster, cm)).extra).toEqual(inside("spare"));
    expect((await diff(one, cluster, cm)).extra).toEqual([]);
    cluster.refuse({ resource: "namespaces", status: 403 });
    const { troubles, extra } = await diff(all, cluster, cm);
    expect(extra).toEqual([]);
    expect(troubles[0]?.message).toContain("whether there are new namespaces is not known");
  });

  test("what lies in a namespace that its label keeps out of backups is not new, and what was stored of it is not missing", async () => {
    const cluster = shop();
    const labels = { "velero.io/exclude-from-backup": "true" };
    cluster.put("namespaces", { metadata: { name: "scratch", labels } });
    cluster.put("configmaps", { metadata: { name: "inside", namespace: "scratch" } });
    const [all, some] = [await open(cluster), await open(cluster, { includeNamespaces: ["s*"] })];
    for (const backup of [all, some])
      expect(await diff(backup, cluster)).toMatchObject({ extra: [], missing: [], different: [] });
    cluster.put("namespaces", { metadata: { name: "spare", labels } });
    cluster.put("namespaces", { metadata: { name: "shop", labels } });
    for (const namespace of ["spare", "shop"])
      cluster.put("configmaps", { metadata: { name: "new", namespace } });
    for (const backup of [all, some])
      expect(await diff(backup, cluster)).toMatchObject({ extra: [], missing: [] });
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
  });

  test("asked about one namespace of a whole cluster's backup, it leaves cluster-scoped objects alone unless they are named", async () => {
    const cluster = shop();
    const roles = "clusterroles.rbac.authorization.k8s.io";
    cluster.put(roles, { metadata: { name: "r" }, rules: [] });
    const backup = await open(cluster);
    cluster.drop(roles, "", "r");
    cluster.put(roles, { metadata: { name: "new" }, rules: [] });
    const [missing, extra] = [["clusterroles /r"], ["clusterroles /new"]];
    const shopOnly = { includeNamespaces: ["shop"] };
    expect(await diff(backup, cluster, shopOnly)).toMatchObject({ same: 4, missing: [], extra: [] });
    expect(await diff(backup, cluster)).toMatchObject({ missing, extra });
    for (const more of [{ includeClusterResources: "true" as const }, { includeResources: ["clusterroles"] }])
      expect(await diff(backup, cluster, { ...shopOnly, ...more })).toMatchObject({ missing, extra });
  });

  test("a namespace that the backup lacks is not found, never the same; among others it is named", async () => {
    const cluster = shop();
    const backup = await open(cluster);
    await expect(diff(backup, cluster, { includeNamespaces: ["shpo"] })).rejects.toMatchObject({
      code: "namespace-not-found",
    });
    expect(await diff(backup, cluster, { includeNamespaces: ["shpo", "shop"] })).toMatchObject({
      same: 4,
      troubles: [{ message: "the backup has no namespace shpo" }],
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

  test("a kind that the backup could not read is named, and nothing of it is new", async () => {
    const cluster = shop();
    cluster.refuse({ resource: "secrets", status: 403 });
    const report = await diff(await open(cluster), shop());
    expect(report).toMatchObject({ missing: [], extra: [] });
    expect(report.troubles[0]?.message).toContain("secrets is not whole in the backup");
    const chosen = { includeResources: ["configmaps"] };
    expect(await diff(await open(cluster), shop(), chosen)).toMatchObject({ troubles: [] });
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

describe("diffBackup, of what an old server kept in groups and versions that are gone", () => {
  const ingresses = (group: string, version: string) =>
    resource(`ingresses.${group}`, "Ingress", { version, shortNames: ["ing"] });
  const metadata = (name: string) => ({ name, namespace: "shop" });
  const clusterServing = (...more: readonly ReturnType<typeof resource>[]) => {
    const cluster = memoryCluster({ resources: [...coreResources, ...more] });
    cluster.put("namespaces", { metadata: { name: "shop" } });
    return cluster;
  };
  const backend = (port: number) => ({ service: { name: "web", port: { number: port } } });

  async function openOld() {
    const old = clusterServing(ingresses("extensions", "v1beta1"));
    for (const name of ["same", "changed", "lost"]) {
      old.put("ingresses.extensions", {
        metadata: metadata(name),
        spec: { backend: { serviceName: "web", servicePort: 80 } },
      });
    }
    return open(old);
  }

  function today() {
    const cluster = clusterServing(ingresses("networking.k8s.io", "v1"));
    for (const [name, port] of [["same", 80] as const, ["changed", 81] as const, ["new", 80] as const]) {
      cluster.put("ingresses.networking.k8s.io", {
        metadata: metadata(name),
        spec: { defaultBackend: backend(port) },
      });
    }
    return cluster;
  }

  test("is compared with where the cluster has it today", async () => {
    const found = {
      missing: ["ingresses shop/lost"],
      extra: ["ingresses shop/new"],
      different: ["ingresses shop/changed .spec.defaultBackend.service.port.number"],
      troubles: [],
    };
    expect(await diff(await openOld(), today())).toMatchObject({ ...found, same: 2 });
    const chosen = { includeResources: ["ingresses.extensions"] };
    expect(await diff(await openOld(), today(), chosen)).toMatchObject({ ...found, same: 1 });
  });

  test("is compared in the version that says the same", async () => {
    const old = clusterServing(resource("cronjobs.batch", "CronJob", { version: "v1beta1" }));
    for (const name of ["same", "changed"])
      old.put("cronjobs.batch", { metadata: metadata(name), spec: { schedule: "@daily" } });
    const cluster = clusterServing(resource("cronjobs.batch", "CronJob"));
    cluster.put("cronjobs.batch", { metadata: metadata("same"), spec: { schedule: "@daily" } });
    cluster.put("cronjobs.batch", { metadata: metadata("changed"), spec: { schedule: "@hourly" } });
    expect(await diff(await open(old), cluster)).toMatchObject({
      same: 2,
      missing: [],
      extra: [],
      different: ["cronjobs shop/changed .spec.schedule"],
      troubles: [],
    });
  });

  test("is named where no version says the same", async () => {
    const gone = resource("gadgets.example.com", "Gadget", { version: "v1alpha1" });
    const old = clusterServing(gone);
    old.put("gadgets.example.com", { metadata: metadata("one") });
    const report = await diff(await open(old), clusterServing({ ...gone, version: "v1" }));
    expect(report).toMatchObject({ missing: [], different: [] });
    expect(report.troubles[0]?.message).toContain("gadgets.example.com is stored as v1alpha1");
  });

  test("is named under its name of today where the backup could not read it whole", async () => {
    const old = clusterServing(ingresses("extensions", "v1beta1"));
    old.refuse({ resource: "ingresses.extensions", status: 403 });
    const report = await diff(await open(old), today());
    expect(report.extra).toEqual([]);
    expect(report.troubles[0]?.message).toContain("ingresses.networking.k8s.io is not whole in the backup");
  });
});
