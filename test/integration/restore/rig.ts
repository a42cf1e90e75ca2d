import { runBackup } from "#core/backup/run.ts";
import type { Catalog } from "#core/catalog/catalog.ts";
import { openCatalog } from "#core/catalog/open-catalog.ts";
import { openAccess } from "#core/kube/access/access.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import { openCluster } from "#core/kube/open-cluster.ts";
import { backupRequest } from "#core/model/backup.ts";
import type { ProgressEvent } from "#core/model/progress.ts";
import { restoreRequest } from "#core/model/restore.ts";
import type { RunContext } from "#core/model/run-context.ts";
import { prepareRestore } from "#core/restore/prepare.ts";
import type { RestoreReport } from "#core/restore/report.ts";
import { runRestore } from "#core/restore/run.ts";
import { openUndo } from "#core/restore/undo/open-undo.ts";
import { UNDO_CHOICES } from "#core/restore/undo/undo-choices.ts";
import { createMemoryStore } from "#core/storage/memory.ts";
import type { ObjectStore } from "#core/storage/object-store.ts";
import type { ClusterHandle } from "#test/harness/cluster-handle.ts";
import { eventually } from "#test/harness/eventually.ts";
import type { ApplyObject, KubeClient } from "#test/harness/kube-client.ts";
import { scratchDirectory } from "#test/harness/scratch.ts";
import { uniqueName } from "#test/harness/shared.ts";

type RequestInput = Partial<Parameters<typeof restoreRequest.parse>[0] & object> & Record<string, unknown>;

/** The product's restore on a real cluster, with backups in memory. */
export interface Rig {
  readonly client: KubeClient;
  readonly cluster: Cluster;
  readonly catalog: Catalog;
  /** In which the catalog's backups lie. */
  readonly store: ObjectStore;
  readonly events: ProgressEvent[];
  /** Creates objects, backs these namespaces up and returns the backup's name. */
  backUp(namespaces: readonly string[], more?: Record<string, unknown>): Promise<string>;
  restore(backup: string, request?: RequestInput): Promise<RestoreReport>;
  /** Takes a restore back. */
  undo(
    restore: string,
    more?: { readonly created?: boolean; readonly forceConflicts?: boolean; readonly cluster?: Cluster },
  ): Promise<RestoreReport>;
  prepare(backup: string, request?: RequestInput): ReturnType<typeof prepareRestore>;
  /** Deletes a namespace and waits until it is gone. */
  removeNamespace(name: string): Promise<void>;
  stop(): Promise<void>;
}

export async function openRig(handle: ClusterHandle): Promise<Rig> {
  const scratch = await scratchDirectory("restore");
  const access = await openAccess({ kubeconfig: handle.kubeconfigPath, env: {}, interactive: false });
  const cluster = openCluster(access, { userAgent: "restore-test" });
  const client = handle.adminClient();
  const store = createMemoryStore();
  const catalog = openCatalog(store, { cacheFolder: scratch.path, tempFolder: scratch.path });
  const events: ProgressEvent[] = [];
  const context: RunContext = {
    signal: new AbortController().signal,
    now: () => new Date(),
    onProgress: (event) => events.push(event),
  };
  const requestFor = (backup: string, request: RequestInput) =>
    restoreRequest.parse({ name: uniqueName("r"), backup, selection: {}, wait: false, ...request });
  const rig: Rig = {
    client,
    cluster,
    catalog,
    store,
    events,
    backUp: async (namespaces, more = {}) => {
      const name = uniqueName("b");
      const request = backupRequest.parse({ name, selection: { includeNamespaces: namespaces }, ...more });
      await runBackup({ cluster, catalog, request, toolVersion: "test" }, context);
      return name;
    },
    restore: async (name, request = {}) => {
      const backup = await catalog.open(name, context);
      try {
        const ask = {
          cluster,
          catalog,
          backup,
          request: requestFor(name, request),
          stateDirectory: scratch.path,
        };
        return await runRestore(ask, context);
      } finally {
        await backup.close();
      }
    },
    undo: async (restored, more = {}) => {
      const undo = await openUndo(restored, catalog, context);
      const request = requestFor(restored, {
        ...UNDO_CHOICES,
        undo: { restore: restored, created: more["created"] === true },
        forceConflicts: more["forceConflicts"] === true,
      });
      return runRestore(
        {
          cluster: more.cluster ?? cluster,
          catalog,
          backup: undo.backup,
          request,
          undo,
          stateDirectory: scratch.path,
        },
        context,
      );
    },
    prepare: async (name, request = {}) => {
      const backup = await catalog.open(name, context);
      return prepareRestore({ cluster, backup, request: requestFor(name, request) }, context);
    },
    removeNamespace: async (name) => {
      await client.delete(`/api/v1/namespaces/${name}`);
      await eventually(
        `namespace ${name} to be gone`,
        async () => (await client.find(`/api/v1/namespaces/${name}`)) === undefined,
      );
    },
    stop: async () => {
      cluster.close();
      client.close();
      catalog.close();
      await scratch.remove();
    },
  };
  return rig;
}

export function namespace(name: string, metadata: Record<string, unknown> = {}): ApplyObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, ...metadata } };
}

export function configMap(namespace: string, name: string, more: Record<string, unknown> = {}): ApplyObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { namespace, name },
    data: { key: "value" },
    ...more,
  };
}

export function deployment(namespace: string, name: string, spec: Record<string, unknown> = {}): ApplyObject {
  const labels = { app: name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { namespace, name },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "pause" }], ...spec } },
    },
  };
}

/** Due once a year. */
export function cronJob(namespace: string, name: string): ApplyObject {
  const template = { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "pause" }] } };
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { namespace, name },
    spec: { schedule: "0 0 1 1 *", jobTemplate: { spec: { template } } },
  };
}

/** A namespaced kind of a test's own, with the status subresource, served. */
export async function customKind({ client }: Pick<Rig, "client">) {
  const plural = uniqueName("gadgets").replace("-", "");
  const [group, kind] = [`${plural}.example.com`, `K${plural}`];
  const name = `${plural}.${group}`;
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  await client.apply([
    {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name },
      spec: {
        group,
        scope: "Namespaced",
        names: { plural, singular: plural, kind },
        versions: [{ name: "v1", served: true, storage: true, subresources: { status: {} }, schema }],
      },
    },
  ]);
  const path = (namespace: string) => `/apis/${group}/v1/namespaces/${namespace}/${plural}`;
  await eventually("served", async () => (await client.request("GET", path("default"))).status === 200);
  return {
    kind: { group, version: "v1", resource: plural, kind, namespaced: true },
    type: { apiVersion: `${group}/v1`, kind },
    path,
    remove: () => client.delete(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`),
  };
}
