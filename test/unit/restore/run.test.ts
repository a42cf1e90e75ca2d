import { describe, expect, it } from "vitest";
import { runBackup } from "#core/backup/run.ts";
import { annotationKeys } from "#core/model/annotations.ts";
import { backupRequest } from "#core/model/backup.ts";
import { Failure } from "#core/model/errors.ts";
import { restoreRequest } from "#core/model/restore.ts";
import { selection } from "#core/model/selection.ts";
import type { ResumedRestore } from "#core/restore/record.ts";
import { runRestore } from "#core/restore/run.ts";
import { type MemoryCatalog, memoryCatalog } from "#test/doubles/memory-catalog.ts";
import { coreResources, type MemoryCluster, memoryCluster, resource } from "#test/doubles/memory-cluster.ts";

const stop = new AbortController();
const context = {
  signal: stop.signal,
  now: () => new Date("2026-01-01T00:00:05Z"),
  onProgress: () => undefined,
};

const resources = [
  ...coreResources,
  resource("storageclasses.storage.k8s.io", "StorageClass", { namespaced: false }),
  resource("jobs.batch", "Job"),
  resource("cronjobs.batch", "CronJob"),
  resource("validatingwebhookconfigurations.admissionregistration.k8s.io", "ValidatingWebhookConfiguration", {
    namespaced: false,
  }),
];

/** Saves what `fill` puts into the namespace shop, lets `change` happen to the cluster, and restores the namespace. */
async function saved(fill: (cluster: MemoryCluster) => void, ofBackup: object = {}) {
  const cluster = memoryCluster({ resources });
  const catalog = memoryCatalog();
  for (const name of ["shop", "kube-system"]) cluster.put("namespaces", { metadata: { name } });
  fill(cluster);
  const request = backupRequest.parse({ name: "b", selection: selection.parse(ofBackup) });
  await runBackup({ cluster, catalog, request, toolVersion: "0.1.0" }, context);
  const restore = async (
    more: object = {},
    { signal = context.signal, resumed }: { signal?: AbortSignal; resumed?: ResumedRestore } = {},
  ) => {
    const chosen = selection.parse({ includeNamespaces: ["shop"] });
    const asked = restoreRequest.parse({ name: "r", backup: "b", selection: chosen, wait: false, ...more });
    const backup = await catalog.open("b", context);
    const ask = { cluster, catalog, backup, request: asked, stateDirectory: "/nowhere", resumed };
    return runRestore(ask, { ...context, signal });
  };
  return { cluster, catalog, restore };
}

const job = (suspend: boolean) => ({ metadata: { name: "import", namespace: "shop" }, spec: { suspend } });

it("a restore tells in its report how long each of its phases took", async () => {
  const { restore } = await saved((empty) => empty.put("jobs.batch", job(false)));
  const { seconds } = await restore();
  expect(Object.keys(seconds)).toEqual(["check", "create", "finish", "remove", "wait"]);
  for (const took of Object.values(seconds)) expect(took).toBeGreaterThanOrEqual(0);
});

describe("a restore over what is there", () => {
  it("never puts a running Job to sleep", async () => {
    const { cluster, restore } = await saved((empty) => empty.put("jobs.batch", job(false)));
    const report = await restore({ existing: "update" });
    expect(cluster.read("jobs.batch", "shop", "import")).toMatchObject({ spec: { suspend: false } });
    expect(report.counts).toMatchObject({ updated: 0 });
    expect(report.differing).toEqual([]);
  });

  it("warns of what its rules change only where that is written", async () => {
    const { cluster, restore } = await saved((empty) => empty.put("jobs.batch", job(false)));
    expect((await restore()).warned).toEqual([]);
    cluster.put("jobs.batch", { ...job(false), metadata: { ...job(false).metadata, labels: { team: "b" } } });
    expect((await restore()).warned).toEqual([]);
    cluster.drop("jobs.batch", "shop", "import");
    expect((await restore()).warned).toMatchObject([{ warnings: [expect.stringContaining("suspended")] }]);
  });

  it("does not call a Job suspended that it only changed", async () => {
    const labelled = { ...job(false), metadata: { ...job(false).metadata, labels: { team: "a" } } };
    const { cluster, restore } = await saved((empty) => empty.put("jobs.batch", labelled));
    cluster.put("jobs.batch", job(false));
    const report = await restore({ existing: "update" });
    expect(report.counts).toMatchObject({ updated: 1 });
    expect(report.warned).toEqual([]);
  });

  it("puts on record that it made a namespace which the backup does not hold", async () => {
    const settings = { metadata: { name: "settings", namespace: "shop" }, data: { a: "b" } };
    const only = { includeNamespaces: ["shop"], excludeResources: ["namespaces"] };
    const { cluster, catalog, restore } = await saved((empty) => empty.put("configmaps", settings), only);
    cluster.drop("configmaps", "shop", "settings");
    cluster.drop("namespaces", "", "shop");
    const { beginRestore } = catalog;
    const lines: string[] = [];
    catalog.beginRestore = async (...asked) => ({
      ...(await beginRestore(...asked)),
      append: async (part) => void lines.push(...part.trim().split("\n")),
    });
    await restore();
    const { uid } = cluster.read("namespaces", "", "shop")?.metadata ?? {};
    expect(lines.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({
        type: "item",
        resource: "namespaces",
        name: "shop",
        outcome: { result: "created", uid, made: { version: "v1", digest: expect.any(String) } },
      }),
    );
  });

  it("does not miss what an earlier restore left undone where the update has just done it", async () => {
    const nightly = { metadata: { name: "nightly", namespace: "shop" }, spec: { suspend: false } };
    const { cluster, restore } = await saved((empty) => empty.put("cronjobs.batch", nightly));
    const annotations = { "kubectl-backup.io/pending-steps": "un-suspend" };
    const asleep = { metadata: { ...nightly.metadata, annotations }, spec: { suspend: true } };
    cluster.put("cronjobs.batch", asleep);
    expect((await restore()).troubles).toEqual([expect.stringContaining("un-suspend")]);
    const report = await restore({ existing: "update", name: "r2" });
    expect(report.counts).toMatchObject({ updated: 1 });
    expect(report).toMatchObject({ troubles: [], complete: true });
    expect((await restore({ name: "r3" })).troubles).toEqual([]);
  });

  it("names what an earlier restore that broke off left without its last steps", async () => {
    const settings = { metadata: { name: "settings", namespace: "shop" }, data: { a: "b" } };
    const { cluster, restore } = await saved((empty) => empty.put("configmaps", settings));
    const annotations = { "kubectl-backup.io/pending-steps": "owners" };
    cluster.put("configmaps", { ...settings, metadata: { ...settings.metadata, annotations } });
    const report = await restore();
    expect(report.counts).toMatchObject({ created: 0 });
    expect(report.troubles).toEqual([expect.stringContaining("(owners): it lacks them")]);
    expect(report.complete).toBe(false);
  });

  it("leaves a pod's scratch claim to the pod that returns, and is complete without it", async () => {
    const { cluster, restore } = await saved((empty) => {
      const ownerReferences = [{ apiVersion: "v1", kind: "Pod", name: "web", uid: "gone", controller: true }];
      empty.put("persistentvolumeclaims", {
        metadata: { name: "web-scratch", namespace: "shop", ownerReferences },
        spec: { volumeName: "pv-1" },
        status: { phase: "Bound" },
      });
    });
    cluster.drop("persistentvolumeclaims", "shop", "web-scratch");
    const { held, reasons, complete } = await restore();
    expect({ held, reasons, complete }).toMatchObject({
      held: [],
      reasons: { "controller-made": 1 },
      complete: true,
    });
    expect(cluster.read("persistentvolumeclaims", "shop", "web-scratch")).toBeUndefined();
  });

  it("leaves alone what was only referred to, also where it could not be listed", async () => {
    const fast = (provisioner: string) => ({ metadata: { name: "fast" }, provisioner });
    const { cluster, restore } = await saved((empty) => {
      empty.put("storageclasses.storage.k8s.io", fast("old"));
      empty.put("persistentvolumeclaims", {
        metadata: { name: "data", namespace: "shop" },
        spec: { storageClassName: "fast" },
        status: { phase: "Pending" },
      });
    });
    cluster.put("storageclasses.storage.k8s.io", fast("new"));
    cluster.refuseLists("storageclasses.storage.k8s.io");
    await restore({ existing: "update" });
    expect(cluster.read("storageclasses.storage.k8s.io", "", "fast")).toMatchObject({ provisioner: "new" });
  });
});

it("a namespace that the backup does not hold is made although the answer to its creation is lost", async () => {
  const [source, catalog] = [memoryCluster({ resources }), memoryCatalog()];
  source.put("namespaces", { metadata: { name: "shop" } });
  source.put("configmaps", { metadata: { name: "settings", namespace: "shop" } });
  source.refuse({ resource: "namespaces", status: 403 });
  const wanted = backupRequest.parse({ name: "b", selection: { includeNamespaces: ["shop"] } });
  await runBackup({ cluster: source, catalog, request: wanted, toolVersion: "0.1.0" }, context);
  const target = memoryCluster({ resources });
  const { create } = target;
  let lost = 0;
  target.create = async (ref, ...rest) => {
    const reply = await create(ref, ...rest);
    if (ref.resource.resource !== "namespaces" || ++lost > 1) return reply;
    throw new Failure("cluster-unreachable", "the connection was lost", { retryable: true });
  };
  const asked = { name: "r", backup: "b", selection: selection.parse({}), wait: false };
  const request = restoreRequest.parse(asked);
  const backup = await catalog.open("b", context);
  const ask = { cluster: target, catalog, backup, request, stateDirectory: "/nowhere" };
  const report = await runRestore(ask, context);
  expect(report.notes).toEqual([expect.stringContaining("namespace shop is not in the backup")]);
  expect(target.read("configmaps", "shop", "settings")).toBeDefined();
});

describe("webhooks", () => {
  const nightly = { metadata: { name: "nightly", namespace: "shop" }, spec: { schedule: "0 0 * * *" } };
  const guard = "validatingwebhookconfigurations.admissionregistration.k8s.io";

  it("come after the last steps of everything else, which they could refuse while nothing answers for them", async () => {
    const { cluster, restore } = await saved((empty) => {
      empty.put("cronjobs.batch", nightly);
      empty.put(guard, { metadata: { name: "guard" } });
    });
    cluster.drop("cronjobs.batch", "shop", "nightly");
    cluster.drop(guard, "", "guard");
    const { create, patch } = cluster;
    let isGuarded = false;
    cluster.create = (ref, ...rest) => {
      isGuarded ||= ref.name === "guard";
      return create(ref, ...rest);
    };
    const message = "failed calling webhook";
    cluster.patch = async (ref, ...rest) =>
      isGuarded
        ? { ok: false, status: 500, reason: "InternalError", message, causes: [], warnings: [] }
        : patch(ref, ...rest);
    const report = await restore({ selection: selection.parse({}) });
    expect(report.troubles).toEqual([]);
    expect(isGuarded).toBe(true);
    expect(cluster.read("cronjobs.batch", "shop", "nightly")).toMatchObject({ spec: { suspend: false } });
  });
});

it("a resumed restore waits also for what it had created and somebody has changed since", async () => {
  const deployment = { metadata: { name: "web", namespace: "shop" }, spec: { replicas: 1 } };
  const { cluster, restore } = await saved((empty) => {
    empty.put("nodes", {
      metadata: { name: "n" },
      status: { conditions: [{ type: "Ready", status: "True" }] },
    });
    empty.put("deployments.apps", deployment);
  });
  const changed = (restoredFrom: string) => ({
    metadata: { ...deployment.metadata, annotations: { [annotationKeys.restoredFrom]: restoredFrom } },
    spec: { replicas: 2 },
  });
  const asked = { wait: true, timeoutSeconds: 0.1 };
  const resumed = { name: "r", id: "id", isLocal: false };
  cluster.put("deployments.apps", changed("b/r"));
  const own = await restore(asked, { resumed });
  expect([own.differing, own.notReady]).toMatchObject([[{ name: "web" }], [{ name: "web" }]]);
  cluster.put("deployments.apps", changed("b/other"));
  expect((await restore(asked, { resumed })).notReady).toEqual([]);
});

it("a kind in --include-status of which nothing is restored is named", async () => {
  const { cluster, restore } = await saved((empty) => {
    empty.put("configmaps", { metadata: { name: "a", namespace: "shop" } });
    empty.put("deployments.apps", { metadata: { name: "web", namespace: "shop" } });
  });
  cluster.drop("configmaps", "shop", "a");
  const idle = { includeStatus: ["deployments"], existing: "skip" };
  const only = selection.parse({ includeNamespaces: ["shop"], includeResources: ["configmaps"] });
  const named = expect.stringContaining("--include-status: nothing of deployments.apps is to be restored");
  expect((await restore({ ...idle, selection: only })).warnings).toEqual([named]);
  expect((await restore({ ...idle, name: "r2" })).warnings).toEqual([]);
});

describe("kinds that no restore writes", () => {
  it("are named in the report, a line for each kind, and take nothing from its being complete", async () => {
    const { restore } = await saved((empty) => {
      for (const name of ["n1", "n2"]) empty.put("nodes", { metadata: { name } });
      empty.put("configmaps", { metadata: { name: "settings", namespace: "shop" } });
    });
    const all = await restore({ selection: selection.parse({}) });
    expect(all.complete).toBe(true);
    expect(all.neverRestored).toEqual([
      { resource: "nodes", count: 2, reason: expect.stringContaining("registers itself") },
    ]);
    expect((await restore()).neverRestored).toEqual([]);
  });
});

describe("a restore that is refused before it has written anything", () => {
  /** The list of what is there is refused, in the middle of the run. */
  async function refused(more: object = {}) {
    const settings = { metadata: { name: "settings", namespace: "shop" }, data: { a: "b" } };
    const { cluster, catalog, restore } = await saved((empty) => empty.put("configmaps", settings));
    cluster.onList = ({ resource: kind, metadataOnly }) => {
      if (kind.resource === "configmaps" && metadataOnly !== true)
        throw new Failure("cluster-forbidden", "no", { reply: { status: 403, reason: "Forbidden" } });
    };
    const { beginRestore } = catalog;
    const log: string[] = [];
    catalog.beginRestore = async (...asked) => ({
      ...(await beginRestore(...asked)),
      writeFile: async (file) => void log.push(file),
      withdraw: async () => void log.push("withdrawn"),
      ...more,
    });
    return { restore, log };
  }

  it("leaves nothing to resume", async () => {
    const { restore, log } = await refused();
    await expect(restore()).rejects.toMatchObject({ code: "cluster-forbidden" });
    expect(log).toEqual(["withdrawn"]);
  });

  it("says what became of it as any other where the location lets nothing be removed", async () => {
    const withdraw = () => Promise.reject(new Failure("location-forbidden", "no"));
    const { restore, log } = await refused({ withdraw });
    await expect(restore()).rejects.toMatchObject({ code: "cluster-forbidden" });
    expect(log).toContain("kubectl-backup-broke-off-run-report.json");
  });
});

describe("a restore that has written", () => {
  const deployment = { metadata: { name: "web", namespace: "shop" }, spec: { replicas: 1 } };

  it("reports although readiness cannot be watched, and is not complete then", async () => {
    const { cluster, restore } = await saved((empty) => empty.put("deployments.apps", deployment));
    cluster.drop("deployments.apps", "shop", "web");
    cluster.refuse({ resource: "nodes", status: 500 });
    const report = await restore({ wait: true });
    expect(report.counts.created).toBe(1);
    expect(report.complete).toBe(false);
    expect(report.troubles).toEqual([expect.stringContaining("readiness could not be watched")]);
  });

  /** Where reports go, if whoever writes them may still. */
  function keepReports(catalog: MemoryCatalog): () => Record<string, unknown> {
    const files = new Map<string, string>();
    catalog.beginRestore = async () => ({
      url: "memory:",
      runId: "run",
      append: async () => undefined,
      writeFile: async (file, body, signal) => {
        signal.throwIfAborted();
        files.set(file, Buffer.from(body).toString());
      },
      keepBefore: async () => undefined,
      assertHeld: () => undefined,
      withdraw: async () => undefined,
      close: async () => undefined,
    });
    return () => JSON.parse(files.get("kubectl-backup-broke-off-run-report.json") ?? "{}");
  }

  it("writes nothing more to the cluster once another run may have taken it over, and says so", async () => {
    const names = ["api", "db", "web"];
    const { cluster, catalog, restore } = await saved((empty) => {
      for (const name of names) empty.put("configmaps", { metadata: { name, namespace: "shop" } });
    });
    for (const name of names) cluster.drop("configmaps", "shop", name);
    const { beginRestore } = catalog;
    let isHeld = true;
    catalog.beginRestore = async (...asked) => ({
      ...(await beginRestore(...asked)),
      assertHeld: () => {
        if (!isHeld) throw new Failure("name-taken", "the claim was not renewed");
      },
    });
    const { create } = cluster;
    cluster.create = (...call: Parameters<typeof create>) => {
      isHeld = false;
      return create(...call);
    };
    await expect(restore()).rejects.toMatchObject({ code: "name-taken" });
    expect(names.filter((name) => cluster.read("configmaps", "shop", name) !== undefined)).toHaveLength(1);
  });

  it("says when interrupted that what it wrote stays, and leaves a report of what it did and what not", async () => {
    const { cluster, catalog, restore } = await saved((empty) => empty.put("deployments.apps", deployment));
    cluster.drop("deployments.apps", "shop", "web");
    const report = keepReports(catalog);
    const interrupt = new AbortController();
    const { create } = cluster;
    cluster.create = (...call: Parameters<typeof create>) => {
      interrupt.abort();
      return create(...call);
    };
    await expect(restore({}, { signal: interrupt.signal })).rejects.toMatchObject({
      code: "interrupted",
      message: expect.stringContaining("stays in the cluster"),
    });
    expect(report()).toMatchObject({
      complete: false,
      interrupted: expect.stringContaining("interrupted"),
      storedAt: expect.stringContaining("restores/r/"),
    });
  });

  it("ends only once when several creations under way are cut off at a time", async () => {
    const names = ["api", "db", "web"];
    const { cluster, restore } = await saved((empty) => {
      for (const name of names) empty.put("configmaps", { metadata: { name, namespace: "shop" } });
    });
    for (const name of names) cluster.drop("configmaps", "shop", name);
    const interrupt = new AbortController();
    let creations = 0;
    cluster.create = (_ref, _body, { signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
        creations += 1;
        if (creations === 2) interrupt.abort();
      });
    // A rejection that nobody takes fails the whole run of tests.
    await expect(restore({}, { signal: interrupt.signal })).rejects.toMatchObject({ code: "interrupted" });
  });

  /** Six ConfigMaps that are not there any more; from the second creation on the server does not answer for them. */
  async function lostInTheMiddle(version: MemoryCluster["version"]) {
    const names = ["a", "b", "c", "d", "e", "f"];
    const { cluster, catalog, restore } = await saved((empty) => {
      for (const name of names) empty.put("configmaps", { metadata: { name, namespace: "shop" } });
    });
    for (const name of names) cluster.drop("configmaps", "shop", name);
    const { create, get } = cluster;
    const tried: string[] = [];
    cluster.create = (ref, ...rest) => {
      tried.push(ref.name);
      return tried.length === 1 ? create(ref, ...rest) : Promise.reject(lost);
    };
    cluster.get = (ref, ...rest) => (tried.length < 2 ? get(ref, ...rest) : Promise.reject(lost));
    cluster.version = version;
    return { restore, report: keepReports(catalog), tried };
  }

  const lost = new Failure("cluster-unreachable", "no route to the cluster", { retryable: true });

  it("stops when the cluster answers nothing any more, instead of trying each item that remains", async () => {
    const { restore, report } = await lostInTheMiddle(() => Promise.reject(lost));
    await expect(restore({})).rejects.toBe(lost);
    expect(report()).toMatchObject({
      complete: false,
      interrupted: "no route to the cluster",
      counts: { created: 1, failed: 0 },
      unfinished: [{ resource: "configmaps", count: 5 }],
    });
  });

  it("goes on where the cluster answers, and only requests for some items break", async () => {
    const version = { gitVersion: "v1.36.0", major: "1", minor: "36" };
    const { restore, tried } = await lostInTheMiddle(async () => version);
    const { counts, complete } = await restore({});
    expect({ counts, complete }).toMatchObject({ counts: { created: 1, failed: 5 }, complete: false });
    expect(new Set(tried).size).toBe(6);
  });

  it("leaves a report of what it did and what not when the connection is lost for good, and ends with that error", async () => {
    const { cluster, catalog, restore } = await saved((empty) => {
      empty.put("deployments.apps", deployment);
      empty.put("configmaps", { metadata: { name: "settings", namespace: "shop" } });
    });
    cluster.drop("configmaps", "shop", "settings");
    const report = keepReports(catalog);
    cluster.onList = ({ resource: kind, metadataOnly }) => {
      if (kind.resource === "deployments" && metadataOnly !== true) throw lost;
    };
    await expect(restore({})).rejects.toBe(lost);
    expect(report()).toMatchObject({
      complete: false,
      interrupted: "no route to the cluster",
      counts: { created: 1 },
      unfinished: [{ group: "apps", resource: "deployments", count: 1 }],
    });
  });
});

describe("what is created before its owner", () => {
  const at = (name: string, more: object = {}) => ({ metadata: { name, namespace: "shop", ...more } });
  const children = [
    { kind: "configmaps", name: "leaf" },
    { kind: "serviceaccounts", name: "robot" },
  ];

  it("is linked to it while others are still being created", async () => {
    const { cluster, restore } = await saved((empty) => {
      const { uid } = empty.put("configmaps", at("owner")).metadata;
      const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name: "owner", uid }];
      for (const { kind, name } of children) empty.put(kind, at(name, { ownerReferences }));
    });
    for (const { kind, name } of [...children, { kind: "configmaps", name: "owner" }])
      cluster.drop(kind, "shop", name);
    const linked = Promise.withResolvers<void>();
    const { create, patch } = cluster;
    Object.assign(cluster, {
      create: async (...call: Parameters<typeof create>) => {
        if (call[0].name === "leaf") await linked.promise;
        return create(...call);
      },
      patch: async (...call: Parameters<typeof patch>) => {
        if (call[0].name === "robot") linked.resolve();
        return patch(...call);
      },
    });
    expect((await restore()).troubles).toEqual([]);
    const owner = cluster.read("configmaps", "shop", "owner");
    const ownerReferences = [{ uid: owner?.metadata.uid }];
    for (const { kind, name } of children)
      expect(cluster.read(kind, "shop", name)).toMatchObject({ metadata: { ownerReferences } });
  });
});
