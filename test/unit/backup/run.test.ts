import { describe, expect, test } from "vitest";
import { runBackup } from "#core/backup/run.ts";
import type { ApiResource } from "#core/kube/cluster.ts";
import { backupRequest } from "#core/model/backup.ts";
import { selection } from "#core/model/selection.ts";
import { type MemoryCatalog, memoryCatalog } from "#test/doubles/memory-catalog.ts";
import { coreResources, type MemoryCluster, memoryCluster, resource } from "#test/doubles/memory-cluster.ts";

const controller = new AbortController();
const context = {
  signal: controller.signal,
  now: () => new Date("2026-01-01T00:00:05Z"),
  onProgress: () => undefined,
};

type SelectionInput = Parameters<typeof selection.parse>[0];

interface More {
  readonly catalog?: MemoryCatalog;
  readonly name?: string;
  readonly signal?: AbortSignal;
}

async function backup(cluster: MemoryCluster, chosen: SelectionInput = {}, more: More = {}) {
  const { catalog = memoryCatalog(), name = "b1" } = more;
  const request = backupRequest.parse({ name, selection: selection.parse(chosen) });
  const run = { cluster, catalog, request, toolVersion: "0.1.0" };
  const { facts } = await runBackup(run, { ...context, signal: more.signal ?? context.signal });
  return { facts, held: [...catalog.contents(name).keys()].sort(), catalog };
}

function shop(resources: readonly ApiResource[] = coreResources, longList?: number): MemoryCluster {
  const cluster = memoryCluster({ resources, longList });
  for (const name of ["shop", "lab", "kube-system"]) cluster.put("namespaces", { metadata: { name } });
  cluster.put("configmaps", { metadata: { name: "a", namespace: "shop", labels: { app: "web" } } });
  cluster.put("configmaps", { metadata: { name: "b", namespace: "lab" } });
  cluster.put("secrets", { metadata: { name: "s", namespace: "shop" } });
  cluster.put("nodes", { metadata: { name: "n1" } });
  cluster.put("events", { metadata: { name: "e", namespace: "shop" } });
  return cluster;
}

const namespaceFacts = (facts: Awaited<ReturnType<typeof backup>>["facts"], name: string) =>
  facts.namespaces.find((namespace) => namespace.name === name);

describe("a whole cluster", () => {
  test("is stored with its namespaces and cluster-scoped objects, less what is not stored by rule", async () => {
    const { facts, held } = await backup(shop());
    expect(held).toEqual([
      "configmaps lab/b",
      "configmaps shop/a",
      "namespaces /kube-system",
      "namespaces /lab",
      "namespaces /shop",
      "nodes /n1",
      "secrets shop/s",
    ]);
    expect(facts).toMatchObject({
      phase: "Completed",
      errors: [],
      warnings: [],
      secretCount: 1,
      itemCount: 7,
    });
    expect(facts.kinds.some(({ resource: name }) => name === "events")).toBe(false);
    expect(namespaceFacts(facts, "shop")).toMatchObject({ itemCount: 2, complete: true, kindsNotRead: [] });
    expect(facts.cluster.kubeSystemUid).toBeDefined();
    expect(facts.createdBy).toEqual({ user: "tester" });
  });

  test("is read by one list per kind, namespaces first and pods last, and only once the name is claimed", async () => {
    const cluster = shop();
    const order: string[] = [];
    const catalog = memoryCatalog();
    cluster.onList = ({ resource: kind }) => {
      order.push(`${catalog.log.length > 0 ? "claimed" : "early"} ${kind.resource}`);
    };
    await backup(cluster, {}, { catalog });
    expect(order[0]).toBe("claimed namespaces");
    expect(order.at(-1)).toBe("claimed pods");
    expect(order).not.toContain("claimed events");
    expect(new Set(order).size).toBe(order.length);
    expect(order.every((entry) => entry.startsWith("claimed"))).toBe(true);
  });

  test("keeps objects whose label or whose namespace's label excludes them out, and counts them", async () => {
    const cluster = shop();
    const labels = { "velero.io/exclude-from-backup": "true" };
    cluster.put("configmaps", { metadata: { name: "x", namespace: "shop", labels } });
    cluster.put("namespaces", { metadata: { name: "lab", labels } });
    const { facts, held } = await backup(cluster);
    expect(held.filter((item) => item.includes("lab") || item.endsWith("/x"))).toEqual([]);
    expect(namespaceFacts(facts, "shop")).toMatchObject({ excludedByLabel: 1, complete: true });
    expect(namespaceFacts(facts, "lab")).toMatchObject({ excludedByLabel: 2, complete: false, itemCount: 0 });
  });

  test("counts changes that others made while it was read to kinds that were streamed", async () => {
    const cluster = shop(coreResources, 1);
    cluster.onList = ({ resource: kind }) => {
      if (kind.resource === "pods")
        cluster.put("configmaps", { metadata: { name: "late", namespace: "shop" } });
    };
    const { facts, held } = await backup(cluster);
    expect(held).not.toContain("configmaps shop/late");
    const kind = (wanted: string) => facts.kinds.find(({ resource: name }) => name === wanted);
    expect(kind("configmaps")).toMatchObject({ method: "watch-list", changesMeanwhile: 1 });
    expect(kind("namespaces")).toMatchObject({ method: "watch-list", changesMeanwhile: 0 });
    expect(kind("secrets")).toMatchObject({ method: "pages" });
    expect(kind("secrets")?.changesMeanwhile).toBeUndefined();
  });

  test("names claims whose data is nowhere", async () => {
    const cluster = shop();
    const metadata = { name: "data", namespace: "shop" };
    cluster.put("persistentvolumeclaims", {
      metadata,
      spec: { volumeName: "pv-1" },
      status: { phase: "Bound" },
    });
    cluster.put("persistentvolumeclaims", {
      metadata: { name: "open", namespace: "shop" },
      status: { phase: "Pending" },
    });
    const { facts } = await backup(cluster);
    expect(namespaceFacts(facts, "shop")?.claims).toMatchObject([
      { name: "data", captured: "none", volumeName: "pv-1" },
    ]);
    const warnings = facts.warnings.map(({ message }) => message);
    expect(warnings).toContainEqual(expect.stringContaining("not in the backup: data"));
    expect(facts.phase).toBe("Completed");
  });
});

describe("trouble with a kind", () => {
  test("a refused kind is an error that names the rule it needs, and the rest is saved", async () => {
    const cluster = shop();
    cluster.refuse({ resource: "secrets", status: 403 });
    const { facts, held } = await backup(cluster);
    expect(held).toContain("configmaps shop/a");
    expect(facts.phase).toBe("PartiallyFailed");
    expect(facts.errors[0]?.message).toContain('resources: ["secrets"], verbs: ["get", "list", "watch"]');
    expect(namespaceFacts(facts, "lab")).toMatchObject({ complete: false, kindsNotRead: ["secrets"] });
    expect(facts.kinds.find(({ resource: name }) => name === "secrets")?.error?.code).toBe(
      "cluster-forbidden",
    );
  });

  test("a kind refused as a whole is read namespace by namespace", async () => {
    const cluster = shop();
    cluster.refuse({ resource: "secrets", namespace: "", status: 403 });
    cluster.refuse({ resource: "secrets", namespace: "lab", status: 403 });
    const { facts, held } = await backup(cluster);
    expect(held).toContain("secrets shop/s");
    expect(namespaceFacts(facts, "shop")?.complete).toBe(true);
    expect(namespaceFacts(facts, "lab")?.kindsNotRead).toEqual(["secrets"]);
    expect(facts.kinds.find(({ resource: name }) => name === "secrets")?.error?.namespaces).toEqual(["lab"]);
  });

  test("a version that fails is replaced by another, each object once, and that is a warning", async () => {
    const widgets = ["v2", "v1"].map((version) => resource("widgets.example.com", "Widget", { version }));
    const cluster = shop([...coreResources, ...widgets]);
    cluster.put("widgets.example.com", { metadata: { name: "w", namespace: "shop" } });
    cluster.refuse({ resource: "widgets.example.com", version: "v2", status: 500 });
    const { facts, held } = await backup(cluster);
    expect(held).toContain("widgets.example.com shop/w");
    expect(facts.kinds.find(({ resource: name }) => name === "widgets")).toMatchObject({
      version: "v1",
      count: 1,
    });
    expect(facts.warnings[0]?.message).toContain("read as v1");
    expect(facts.phase).toBe("Completed");
  });

  test("an API that is down is an error only where it is known to hold namespaced objects", async () => {
    const api = { group: "x.example.com", version: "v1", message: "no endpoints" };
    const lost = resource("gadgets.x.example.com", "Gadget");
    const unknown = memoryCluster({ down: [{ ...api, resources: [] }] });
    const known = memoryCluster({ down: [{ ...api, resources: [lost] }] });
    for (const cluster of [unknown, known]) cluster.put("namespaces", { metadata: { name: "shop" } });
    const mild = await backup(unknown);
    expect(mild.facts.phase).toBe("Completed");
    expect(mild.facts.warnings[0]?.message).toContain("x.example.com/v1");
    const bad = await backup(known);
    expect(bad.facts.phase).toBe("PartiallyFailed");
    expect(namespaceFacts(bad.facts, "shop")).toMatchObject({
      complete: false,
      kindsNotRead: ["gadgets.x.example.com"],
    });
  });

  test("an API that is down takes nothing from a backup that does not want its kinds, or reads them elsewhere", async () => {
    const lost = resource("gadgets.x.example.com", "Gadget", { version: "v1beta1" });
    const api = { group: "x.example.com", version: "v1beta1", message: "no endpoints", resources: [lost] };
    const served = { ...lost, version: "v1" };
    const unwanted = memoryCluster({ down: [api] });
    const elsewhere = memoryCluster({ down: [api], resources: [...coreResources, served] });
    for (const cluster of [unwanted, elsewhere]) cluster.put("namespaces", { metadata: { name: "shop" } });
    expect((await backup(unwanted, { includeResources: ["configmaps"] })).facts.phase).toBe("Completed");
    const { facts } = await backup(elsewhere);
    expect(facts.phase).toBe("Completed");
    expect(namespaceFacts(facts, "shop")).toMatchObject({ complete: true, kindsNotRead: [] });
  });

  test("a kind is stored in one version, also where namespaces answer in different ones", async () => {
    const widgets = ["v2", "v1"].map((version) => resource("widgets.example.com", "Widget", { version }));
    const cluster = shop([...coreResources, ...widgets]);
    cluster.put("widgets.example.com", { metadata: { name: "l", namespace: "lab" } });
    cluster.put("widgets.example.com", { metadata: { name: "s", namespace: "shop" } });
    cluster.refuse({ resource: "widgets.example.com", version: "v2", namespace: "lab", status: 500 });
    const { facts, catalog } = await backup(cluster, { includeNamespaces: ["lab", "shop"] });
    const stored = [...catalog.contents("b1")].filter(([key]) => key.startsWith("widgets"));
    expect(stored.map(([, text]) => JSON.parse(text).apiVersion)).toEqual([
      "example.com/v1",
      "example.com/v1",
    ]);
    expect(facts.kinds.find(({ resource: name }) => name === "widgets")).toMatchObject({
      version: "v1",
      count: 2,
    });
  });

  test("an object whose name no archive can hold makes its namespace incomplete and is not counted", async () => {
    const roles = resource("roles.rbac.authorization.k8s.io", "Role");
    const cluster = shop([...coreResources, roles]);
    cluster.put("roles.rbac.authorization.k8s.io", { metadata: { name: "a\0b", namespace: "shop" } });
    const { facts } = await backup(cluster);
    expect(facts.phase).toBe("PartiallyFailed");
    expect(namespaceFacts(facts, "shop")).toMatchObject({
      complete: false,
      kindsNotRead: ["roles.rbac.authorization.k8s.io"],
    });
    expect(facts.kinds.find(({ resource: name }) => name === "roles")?.count).toBe(0);
  });

  test("objects without a uid are told apart by their names", async () => {
    const widgets = ["v2", "v1"].map((version) => resource("widgets.example.com", "Widget", { version }));
    const cluster = shop([...coreResources, ...widgets]);
    for (const name of ["one", "two"]) {
      cluster.put("widgets.example.com", { metadata: { name, namespace: "shop", uid: "" } });
    }
    const { held } = await backup(cluster);
    expect(held.filter((key) => key.startsWith("widgets"))).toHaveLength(2);
  });

  test("an API that is down counts when the newest backup of the same cluster holds its kinds", async () => {
    const catalog = memoryCatalog();
    const gadgets = resource("gadgets.x.example.com", "Gadget");
    await backup(shop([...coreResources, gadgets]), {}, { catalog, name: "earlier" });
    const api = { group: "x.example.com", version: "v1", message: "no endpoints", resources: [] };
    const elsewhere = memoryCluster({ down: [api], info: { caSha256: "another" } });
    expect((await backup(elsewhere, {}, { catalog, name: "other" })).facts.phase).toBe("Completed");
    const now = memoryCluster({ down: [api] });
    now.put("namespaces", { metadata: { name: "shop" } });
    for (const name of ["later", "and-later-still"]) {
      const { facts } = await backup(now, {}, { catalog, name });
      expect(facts.phase).toBe("PartiallyFailed");
      expect(facts.errors).toHaveLength(1);
      expect(facts.errors[0]?.message).toContain(": gadgets.x.example.com could not be read");
    }
  });

  test("a user who may read nothing gets an error and no backup", async () => {
    const cluster = shop();
    for (const kind of coreResources) {
      if (kind.resource !== "namespaces")
        cluster.refuse({
          resource: kind.group ? `${kind.resource}.${kind.group}` : kind.resource,
          status: 403,
        });
    }
    const catalog = memoryCatalog();
    await expect(backup(cluster, { includeNamespaces: ["shop"] }, { catalog })).rejects.toMatchObject({
      code: "cluster-forbidden",
    });
    expect(catalog.log).toEqual(["begin b1", "abort b1"]);
  });

  test("a selector that means nothing ends the run before the name is claimed", async () => {
    const catalog = memoryCatalog();
    await expect(backup(shop(), { labelSelector: "a=b c" }, { catalog })).rejects.toMatchObject({
      code: "usage",
    });
    expect(catalog.log).toEqual([]);
  });

  test("an interrupted run says so and keeps nothing", async () => {
    const catalog = memoryCatalog();
    const stop = new AbortController();
    const cluster = shop();
    cluster.onList = ({ resource: kind }) => {
      if (kind.resource === "secrets") stop.abort(new Error("SIGINT"));
    };
    const interrupted = backup(cluster, {}, { catalog, signal: stop.signal });
    await expect(interrupted).rejects.toMatchObject({ code: "interrupted" });
    expect(catalog.log).toEqual(["begin b1", "abort b1"]);
  });

  test("whatever the writer throws ends the run and removes what it wrote", async () => {
    const catalog = memoryCatalog();
    catalog.onAdd = () => {
      throw new Error("disk full");
    };
    await expect(backup(shop(), {}, { catalog })).rejects.toThrow("disk full");
    expect(catalog.log).toEqual(["begin b1", "abort b1"]);
  });
});
