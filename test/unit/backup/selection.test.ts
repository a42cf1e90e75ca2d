import { describe, expect, test } from "vitest";
import { runBackup } from "#core/backup/run.ts";
import { backupRequest } from "#core/model/backup.ts";
import { selection } from "#core/model/selection.ts";
import { memoryCatalog } from "#test/doubles/memory-catalog.ts";
import { coreResources, type MemoryCluster, memoryCluster, resource } from "#test/doubles/memory-cluster.ts";

const context = { signal: new AbortController().signal, now: () => new Date(), onProgress: () => undefined };

async function backup(cluster: MemoryCluster, chosen: Parameters<typeof selection.parse>[0], strict = false) {
  const catalog = memoryCatalog();
  const request = backupRequest.parse({ name: "b1", selection: selection.parse(chosen), strict });
  const { facts } = await runBackup({ cluster, catalog, request, toolVersion: "0.1.0" }, context);
  return { facts, held: [...catalog.contents("b1").keys()].sort() };
}

const widgets = resource("widgets.example.com", "Widget");

function cluster(): MemoryCluster {
  const memory = memoryCluster({ resources: [...coreResources, widgets] });
  for (const name of ["shop", "lab", "kube-system"]) memory.put("namespaces", { metadata: { name } });
  const at = (name: string, labels?: Record<string, string>) => ({
    metadata: { name, namespace: "shop", ...(labels && { labels }) },
  });
  memory.put("configmaps", at("settings", { app: "web" }));
  memory.put("configmaps", at("other"));
  memory.put("secrets", at("token"));
  memory.put("configmaps", { metadata: { name: "elsewhere", namespace: "lab" } });
  memory.put("serviceaccounts", at("robot"));
  memory.put("widgets.example.com", at("w"));
  memory.put("persistentvolumeclaims", {
    ...at("data"),
    spec: { volumeName: "pv-1", storageClassName: "fast" },
    status: { phase: "Bound" },
  });
  memory.put("deployments.apps", {
    ...at("web", { app: "web" }),
    spec: {
      template: {
        spec: { volumes: [{ configMap: { name: "settings" } }, { secret: { secretName: "token" } }] },
      },
    },
  });
  memory.put("rolebindings.rbac.authorization.k8s.io", {
    ...at("rb"),
    roleRef: { kind: "ClusterRole", name: "reader" },
  });
  for (const name of ["reader", "unrelated"]) {
    memory.put("clusterroles.rbac.authorization.k8s.io", { metadata: { name } });
  }
  for (const name of ["pv-1", "pv-2"]) memory.put("persistentvolumes", { metadata: { name } });
  for (const name of ["fast", "slow"]) memory.put("storageclasses.storage.k8s.io", { metadata: { name } });
  for (const name of ["widgets.example.com", "others.example.com"]) {
    memory.put("customresourcedefinitions.apiextensions.k8s.io", { metadata: { name } });
  }
  return memory;
}

describe("a choice of namespaces", () => {
  test("is read by its own lists and brings the cluster-scoped objects it stands on, and no others", async () => {
    const memory = cluster();
    const { facts, held } = await backup(memory, { includeNamespaces: ["shop"] });
    expect(held.filter((item) => item.includes(" /"))).toEqual([
      "clusterroles.rbac.authorization.k8s.io /reader",
      "customresourcedefinitions.apiextensions.k8s.io /widgets.example.com",
      "namespaces /shop",
      "persistentvolumes /pv-1",
      "storageclasses.storage.k8s.io /fast",
    ]);
    expect(held).not.toContain("configmaps lab/elsewhere");
    expect(memory.requests).toContain("list configmaps shop");
    expect(memory.requests).not.toContain("list configmaps *");
    expect(memory.requests).not.toContain("list namespaces *");
    expect(facts.namespaces).toMatchObject([{ name: "shop", complete: true }]);
    expect(facts.phase).toBe("Completed");
  });

  test("related objects that may not be read are warnings, and errors under strict", async () => {
    const memory = cluster();
    memory.refuse({ resource: "persistentvolumes", status: 403 });
    memory.refuse({ resource: "customresourcedefinitions.apiextensions.k8s.io", status: 403 });
    const { facts } = await backup(memory, { includeNamespaces: ["shop"] });
    expect(facts).toMatchObject({ phase: "Completed", errors: [] });
    expect(facts.warnings.map(({ message }) => message)).toContainEqual(
      expect.stringContaining("related persistentvolumes could not be read (pv-1)"),
    );
    expect(facts.namespaces).toMatchObject([{ complete: true }]);
    const strict = await backup(memory, { includeNamespaces: ["shop"] }, true);
    expect(strict.facts).toMatchObject({ phase: "PartiallyFailed", warnings: [] });
  });

  test("a named namespace that does not exist is an error beside others and the end alone", async () => {
    const { facts } = await backup(cluster(), { includeNamespaces: ["shop", "gone"] });
    expect(facts.errors).toMatchObject([{ namespace: "gone" }]);
    expect(facts.namespaces.map(({ name }) => name)).toEqual(["shop"]);
    await expect(backup(cluster(), { includeNamespaces: ["gone"] })).rejects.toMatchObject({
      code: "namespace-not-found",
    });
    await expect(backup(cluster(), { includeNamespaces: ["x-*"] })).rejects.toMatchObject({
      code: "namespace-not-found",
    });
  });

  test("needs no right to list namespaces when they are named, and says so when they are not", async () => {
    const memory = cluster();
    memory.refuseLists("namespaces");
    const { held } = await backup(memory, { includeNamespaces: ["shop"] });
    expect(held).toContain("namespaces /shop");
    await expect(backup(memory, {})).rejects.toMatchObject({
      code: "cluster-forbidden",
      hint: expect.stringContaining("-n NAMESPACE"),
    });
  });

  test("globs choose and exclude", async () => {
    const { held } = await backup(cluster(), {
      includeNamespaces: ["*"],
      excludeNamespaces: ["sh*", "kube-system"],
    });
    expect(held.filter((item) => item.startsWith("configmaps") || item.startsWith("namespaces"))).toEqual([
      "configmaps lab/elsewhere",
      "namespaces /lab",
    ]);
    expect(held).toContain("clusterroles.rbac.authorization.k8s.io /unrelated");
  });
});

describe("a choice of kinds and names", () => {
  test("holds just those and their Namespaces, and names what they refer to and leaves out", async () => {
    const { facts, held } = await backup(cluster(), { includeResources: ["deploy"] });
    expect(held).toEqual(["deployments.apps shop/web", "namespaces /shop"]);
    const messages = facts.warnings.map(({ message }) => message);
    expect(messages).toContainEqual(
      expect.stringContaining("configmaps that are not in the backup: shop/settings"),
    );
    expect(messages).toContainEqual(
      expect.stringContaining("secrets that are not in the backup: shop/token"),
    );
    expect(facts.namespaces.every(({ complete }) => !complete)).toBe(true);
  });

  test("single objects are asked for by name, and one that is nowhere is an error", async () => {
    const memory = cluster();
    const chosen = { includeNamespaces: ["shop"], includeResources: ["cm/settings", "cm/gone"] };
    const { facts, held } = await backup(memory, chosen);
    expect(held).toEqual(["configmaps shop/settings", "namespaces /shop"]);
    expect(memory.requests).not.toContain("list configmaps shop");
    expect(facts.errors).toEqual([{ message: "configmaps/gone does not exist in what was selected" }]);
  });

  test("excluded kinds are out, and a word that means no kind ends it before anything is written", async () => {
    const { held } = await backup(cluster(), { excludeResources: ["secrets", "namespaces"] });
    expect(held.some((item) => item.startsWith("secrets") || item.startsWith("namespaces"))).toBe(false);
    await expect(backup(cluster(), { includeResources: ["nonsense"] })).rejects.toMatchObject({
      code: "kind-unknown",
    });
  });
});

describe("a choice of labels", () => {
  test("one selector is the server's work, several are ours, and both leave the same out", async () => {
    const memory = cluster();
    const single = await backup(memory, { labelSelector: "app=web" });
    const several = await backup(memory, { orSelectors: ["app=web", "app=none"] });
    expect(single.held).toEqual([
      "configmaps shop/settings",
      "deployments.apps shop/web",
      "namespaces /shop",
    ]);
    expect(several.held).toEqual(single.held);
    expect(several.facts.warnings.map(({ message }) => message)).toContainEqual(
      expect.stringContaining("secrets that are not in the backup: shop/token"),
    );
    expect(single.facts.namespaces.find(({ name }) => name === "shop")?.complete).toBe(false);
  });
});

describe("cluster-scoped objects", () => {
  test("can be asked for and refused in any choice", async () => {
    const all = await backup(cluster(), { includeNamespaces: ["shop"], includeClusterResources: "true" });
    expect(all.held).toContain("persistentvolumes /pv-2");
    const none = await backup(cluster(), { includeClusterResources: "false" });
    expect(none.held.filter((item) => item.includes(" /") && !item.startsWith("namespaces"))).toEqual([]);
    expect(none.held).toContain("namespaces /shop");
    expect(none.facts.warnings.map(({ message }) => message)).toContainEqual(
      expect.stringContaining("persistentvolumes that are not in the backup: pv-1"),
    );
  });
});
