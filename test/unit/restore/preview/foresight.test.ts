import { describe, expect, it } from "vitest";
import { runBackup } from "#core/backup/run.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import { backupRequest } from "#core/model/backup.ts";
import { restoreRequest } from "#core/model/restore.ts";
import { selection } from "#core/model/selection.ts";
import { isComplete, planDocument } from "#core/restore/plan-document.ts";
import { prepareRestore } from "#core/restore/prepare.ts";
import { previewRestore } from "#core/restore/preview/preview-restore.ts";
import { memoryCatalog } from "#test/doubles/memory-catalog.ts";
import { coreResources, type MemoryCluster, memoryCluster, resource } from "#test/doubles/memory-cluster.ts";

const context = {
  signal: new AbortController().signal,
  now: () => new Date("2026-01-01T00:00:05Z"),
  onProgress: () => undefined,
};
const resources = [
  ...coreResources,
  resource("resourcequotas", "ResourceQuota"),
  resource("persistentvolumeclaims", "PersistentVolumeClaim"),
  resource("persistentvolumes", "PersistentVolume", { namespaced: false }),
  resource("deployments.apps", "Deployment"),
  resource("replicasets.apps", "ReplicaSet"),
  resource("cronjobs.batch", "CronJob"),
  resource("widgets.example.com", "Widget"),
];
type Put = Parameters<MemoryCluster["put"]>[1];

/** Answers every question for rights: only these verbs are granted. */
function granting(...verbs: readonly string[]) {
  return (cluster: MemoryCluster): Partial<Cluster> => ({
    create: async (ref, body, options) => {
      if (ref.resource.group !== "authorization.k8s.io") return cluster.create(ref, body, options);
      const { verb = "" } = JSON.parse(Buffer.from(body).toString()).spec.resourceAttributes ?? {};
      const status = { allowed: verbs.includes(verb), incomplete: false, resourceRules: [] };
      return { ok: true, status: 201, body: Buffer.from(JSON.stringify({ status })), warnings: [] };
    },
  });
}

/** Backs up what `fill` puts there, lets `change` happen, and previews the restore of the namespace shop. */
async function previewed(
  fill: (cluster: MemoryCluster) => void,
  { change, see, includeNamespaces = ["shop"], ...request }: Record<string, unknown> & Happenings,
) {
  const cluster = memoryCluster({ resources });
  const catalog = memoryCatalog();
  for (const name of ["shop", "kube-system"]) cluster.put("namespaces", { metadata: { name } });
  fill(cluster);
  const made = backupRequest.parse({ name: "b", selection: selection.parse({}) });
  await runBackup({ cluster, catalog, request: made, toolVersion: "0.1.0" }, context);
  change?.(cluster);
  const chosen = selection.parse({ includeNamespaces });
  const asked = restoreRequest.parse({ name: "r", backup: "b", selection: chosen, ...request });
  const backup = await catalog.open("b", context);
  const seen: Cluster = { ...cluster, ...granting("*")(cluster), ...see?.(cluster) };
  const ask = { cluster: seen, catalog, backup, request: asked, stateDirectory: "/nowhere" };
  const prepared = await prepareRestore(ask, context);
  const preview = await previewRestore({
    prepared,
    cluster: seen,
    request: asked,
    askServer: true,
    signal: context.signal,
  });
  return { ...preview, isComplete: isComplete(planDocument(prepared.plan, preview), asked) };
}

interface Happenings {
  readonly includeNamespaces?: readonly string[];
  readonly change?: (cluster: MemoryCluster) => void;
  readonly see?: (cluster: MemoryCluster) => Partial<Cluster>;
}

const inShop = (name: string, more: object = {}): Put =>
  ({ metadata: { name, namespace: "shop", ...more } }) as Put; // what a test adds to it
const settings = (value: string): Put => ({ ...inShop("settings"), data: { key: value } });

describe("a dry run's questions to the server", () => {
  it.for(["update", "replace"])(
    "name the very object in the very state that was seen (%s)",
    async (existing) => {
      const bodies: Put[] = [];
      const keep = (body: Uint8Array) => bodies.push(JSON.parse(Buffer.from(body).toString()));
      let live: Put | undefined;
      await previewed((cluster) => cluster.put("configmaps", settings("old")), {
        existing,
        change: (cluster) => {
          cluster.put("configmaps", settings("new"));
          live = cluster.read("configmaps", "shop", "settings");
        },
        see: (cluster) => ({
          patch: (ref, patch, options) => {
            keep(patch.body);
            return cluster.patch(ref, patch, options);
          },
          replace: (ref, body, options) => {
            keep(body);
            return cluster.replace(ref, body, options);
          },
        }),
      });
      const { uid, resourceVersion } = live?.metadata ?? {};
      expect(bodies).toMatchObject([{ metadata: { uid, resourceVersion } }]);
    },
  );

  it("call an object uncheckable that somebody changes meanwhile, and not refused", async () => {
    const preview = await previewed((cluster) => cluster.put("configmaps", settings("old")), {
      existing: "replace",
      change: (cluster) => cluster.put("configmaps", settings("new")),
      see: (cluster) => ({
        replace: (ref, body, options) => {
          cluster.put("configmaps", settings("newer"));
          return cluster.replace(ref, body, options);
        },
      }),
    });
    expect(preview.server?.refused).toEqual([]);
    expect(preview.uncheckable).toMatchObject([{ reason: "changed-meanwhile", names: ["shop/settings"] }]);
  });
});

describe("the rights that a plan asks for", () => {
  const lacking = async (fill: (cluster: MemoryCluster) => void, request: Record<string, unknown> = {}) => {
    const change = (cluster: MemoryCluster) => {
      for (const [kind, name] of [
        ["cronjobs.batch", "nightly"],
        ["widgets.example.com", "one"],
        ["configmaps", "settings"],
      ] as const)
        cluster.drop(kind, "shop", name);
    };
    return (await previewed(fill, { change, see: granting("create"), ...request })).rights;
  };

  it("are those of the later steps too: waking a CronJob", async () => {
    const nightly = { ...inShop("nightly"), spec: { schedule: "@daily", suspend: false } };
    expect(await lacking((cluster) => cluster.put("cronjobs.batch", nightly))).toEqual([
      { verb: "patch", group: "batch", resource: "cronjobs", steps: ["un-suspend"], namespaces: ["shop"] },
    ]);
  });

  it("are those of the later steps too: a status, and the mark of what is outstanding", async () => {
    const widget = { ...inShop("one"), status: { phase: "ready" } };
    const place = { verb: "patch", group: "example.com", resource: "widgets", namespaces: ["shop"] };
    const request = { includeStatus: ["widgets.example.com"] };
    expect(await lacking((cluster) => cluster.put("widgets.example.com", widget), request)).toEqual([
      { ...place, steps: ["status"] },
      { ...place, subresource: "status", steps: ["status"] },
    ]);
  });

  it("are those of the later steps too: references to owners outside the restore, and managed fields", async () => {
    const ownerReferences = [{ apiVersion: "v1", kind: "Secret", name: "elsewhere", uid: "u-9" }];
    const managedFields = [{ manager: "helm", operation: "Update" }];
    const owned = inShop("settings", { ownerReferences, managedFields });
    const fill = (cluster: MemoryCluster) => void cluster.put("configmaps", owned);
    const place = { verb: "patch", group: "", resource: "configmaps", namespaces: ["shop"] };
    expect(await lacking(fill)).toEqual([{ ...place, steps: ["owners"] }]);
    expect(await lacking(fill, { keepManagedFields: true })).toEqual([
      { ...place, steps: ["managed-fields", "owners"] },
    ]);
  });
});

describe("the quotas that a plan asks for", () => {
  const template = {
    spec: {
      containers: [
        { name: "a", resources: { requests: { cpu: "250m", memory: "64Mi" }, limits: { memory: "128Mi" } } },
        { name: "b", resources: { limits: { cpu: "0.5" } } },
      ],
      initContainers: [
        { name: "sidecar", restartPolicy: "Always", resources: { requests: { cpu: "50m" } } },
        { name: "once", resources: { requests: { cpu: "1", memory: "1Mi" } } },
      ],
    },
  };
  const quota = (hard: Record<string, string>, used: Record<string, string> = {}, more: object = {}): Put =>
    ({ ...inShop("tight"), spec: { hard, ...more }, status: { used } }) as Put; // as above
  const exceeded = async (hard: Record<string, string>, used: Record<string, string> = {}, more = {}) => {
    const preview = await previewed(
      (cluster) => {
        const web = { ...inShop("web"), spec: { replicas: 3, template } };
        cluster.put("deployments.apps", web);
        const { uid } = cluster.read("deployments.apps", "shop", "web")?.metadata ?? {};
        const owner = { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid, controller: true };
        const metadata = inShop("web-1", { ownerReferences: [owner] });
        cluster.put("replicasets.apps", { ...metadata, spec: { replicas: 3, template } });
        const resources = { requests: { storage: "1.5Gi" } };
        cluster.put("persistentvolumeclaims", {
          ...inShop("data"),
          spec: { storageClassName: "fast", resources },
        });
      },
      {
        change: (cluster) => {
          cluster.drop("deployments.apps", "shop", "web");
          cluster.drop("replicasets.apps", "shop", "web-1");
          cluster.drop("persistentvolumeclaims", "shop", "data");
          cluster.put("resourcequotas", quota(hard, used, more));
        },
      },
    );
    const sorted = preview.quota.toSorted((one, other) => (one.resource < other.resource ? -1 : 1));
    return { quota: sorted, warnings: preview.warnings };
  };
  const line = { namespace: "shop", quota: "tight" };

  it("are those of CPU and memory: what a workload's pods ask for, counted once, sidecars and init containers with them", async () => {
    // Once: 1 + 50m; at work: 250m + 500m (a limit is a request too) + 50m. Three of 1050m.
    const { quota: found } = await exceeded(
      { "requests.cpu": "4", cpu: "4150m", "limits.memory": "384Mi", "requests.memory": "191Mi", pods: "2" },
      { "requests.cpu": "1", cpu: "1", "limits.memory": "0" },
    );
    expect(found).toEqual([
      { ...line, resource: "pods", hard: 2, used: 0, creates: 3 },
      { ...line, resource: "requests.cpu", hard: "4", used: "1", creates: "3150m" },
      { ...line, resource: "requests.memory", hard: "191Mi", used: "0", creates: "192Mi" },
    ]);
  });

  it("are those of storage, in all and of a class", async () => {
    const { quota: found } = await exceeded({
      "requests.storage": "1Gi",
      "fast.storageclass.storage.k8s.io/requests.storage": "1535Mi",
      "fast.storageclass.storage.k8s.io/persistentvolumeclaims": "0",
      "slow.storageclass.storage.k8s.io/requests.storage": "0",
    });
    expect(found.map(({ resource, creates }) => [resource, creates])).toEqual([
      ["fast.storageclass.storage.k8s.io/persistentvolumeclaims", 1],
      ["fast.storageclass.storage.k8s.io/requests.storage", "1536Mi"],
      ["requests.storage", "1536Mi"],
    ]);
  });

  it("with scopes are named as not checked", async () => {
    const { quota: found, warnings } = await exceeded({ pods: "1" }, {}, { scopes: ["BestEffort"] });
    expect(found).toEqual([]);
    expect(warnings).toEqual(["quota shop/tight has scopes: it was not checked"]);
  });
});

describe("a dry run ends as the restore would", () => {
  const fill = (cluster: MemoryCluster) => void cluster.put("configmaps", settings("old"));
  const change = (cluster: MemoryCluster) => cluster.put("configmaps", settings("new"));

  it("incomplete, where a namespace that was named is not in the backup", async () => {
    expect((await previewed(fill, {})).isComplete).toBe(true);
    expect((await previewed(fill, { includeNamespaces: ["shop", "shpo"] })).isComplete).toBe(false);
  });

  it("incomplete, where what differs is left and the request is strict", async () => {
    expect((await previewed(fill, { change })).isComplete).toBe(true);
    expect((await previewed(fill, { change, strict: true })).isComplete).toBe(false);
    expect((await previewed(fill, { change, strict: true, existing: "update" })).isComplete).toBe(true);
  });
});
