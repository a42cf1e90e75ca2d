import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { BackupIndex } from "#core/guard/backup-index.ts";
import { openAccess } from "#core/kube/access/access.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import { readClusterIds } from "#core/kube/cluster-ids.ts";
import { openCluster } from "#core/kube/open-cluster.ts";
import { GUARD } from "#core/model/guard.ts";
import { groupResource } from "#core/model/item.ts";
import { DEFAULT_SETTINGS } from "#core/protection/settings.ts";
import { eventually } from "#test/harness/eventually.ts";
import type { KubeClient } from "#test/harness/kube-client.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { context, type Location, makeBackup, newLocation } from "#test/integration/backup/make-backup.ts";
import { Annotator } from "#webhook/annotator.ts";

// Two replicas' annotators in this process, on a real API server, over a folder of backups.
const KEY = "kubectl-backup.io";
const { kubeconfigPath: kubeconfig } = sharedCluster();

interface Replica {
  readonly annotator: Annotator;
  readonly index: BackupIndex;
  readonly cluster: Cluster;
  /** `patch configmaps app/settings`, in order. */
  readonly writes: string[];
  readonly troubles: string[];
  /** Called before what a namespace is told now is read anew. */
  beforeReading: () => Promise<unknown>;
}

let admin: KubeClient;
let location: Location;
let first: Replica;
let second: Replica;
const made: string[] = [];

beforeAll(() => {
  admin = sharedCluster().adminClient();
});
beforeEach(async () => {
  location = await newLocation();
  [first, second] = [await replica(), await replica()];
  return async () => {
    first.cluster.close();
    second.cluster.close();
    await location.remove();
  };
});
afterAll(async () => {
  for (const name of made) await admin.delete(`/api/v1/namespaces/${name}`);
  admin.close();
});

async function replica(): Promise<Replica> {
  const access = await openAccess({ kubeconfig, env: {}, interactive: false });
  const cluster = openCluster(access, { userAgent: "test", fieldManager: GUARD.name });
  const writes: string[] = [];
  const troubles: string[] = [];
  const clusterIds = await readClusterIds(cluster, context.signal);
  const { catalog } = location;
  const options = { cluster: clusterIds, monotonicMs: () => performance.now() };
  const index = new BackupIndex({ url: catalog.url, open: async () => catalog }, options);
  const annotator = new Annotator({
    cluster: {
      ...cluster,
      get: async (ref, signal) => {
        await one.beforeReading();
        return cluster.get(ref, signal);
      },
      patch: (ref, patch, how) => {
        writes.push(`${groupResource(ref.resource)} ${ref.name}`);
        return cluster.patch(ref, patch, how);
      },
    },
    clusterIds,
    settings: DEFAULT_SETTINGS,
    indexes: [index],
    now: (signal) => cluster.serverTime(signal),
    onTrouble: (message) => troubles.push(message),
  });
  const one: Replica = { annotator, index, cluster, writes, troubles, beforeReading: async () => undefined };
  return one;
}

async function round({ annotator, index }: Replica): Promise<void> {
  await index.refresh(context);
  await annotator.note(new Set([index.url]), context);
}

async function namespace(
  annotate?: string,
  labels: object = { [`${KEY}/protect`]: "true" },
): Promise<string> {
  const name = uniqueName("told");
  const annotations = annotate === undefined ? {} : { [`${KEY}/annotate`]: annotate };
  const selector = { app: "web" };
  const template = { metadata: { labels: selector }, spec: { containers: [{ name: "web", image: "web" }] } };
  await admin.apply([
    { apiVersion: "v1", kind: "Namespace", metadata: { name, labels, annotations } },
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings", namespace: name } },
    ...["web", "gone"].map((deployment) => ({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: deployment, namespace: name },
      spec: { replicas: 0, selector: { matchLabels: selector }, template },
    })),
  ]);
  made.push(name);
  return name;
}

async function backUp(...namespaces: string[]): Promise<string> {
  const { catalog } = location;
  const name = uniqueName("backup");
  const { opened } = await makeBackup({
    kubeconfig,
    catalog,
    name,
    chosen: { includeNamespaces: namespaces },
  });
  await opened.close();
  return name;
}

/** Servers tell the time in whole seconds: backups of one are in no order. */
const aSecond = () => new Promise((resolve) => setTimeout(resolve, 1100));

const pathOf = (name: string) => `/api/v1/namespaces/${name}`;
const deployment = (name: string, which: string) => `/apis/apps/v1/namespaces/${name}/deployments/${which}`;

async function noted(path: string): Promise<unknown> {
  return (await admin.get(path)).metadata.annotations?.[`${KEY}/last-backup`];
}

test("a protected namespace is told of its newest backup by one write, others of none, and then all is quiet", async () => {
  const [told, free] = [await namespace(), await namespace("all", {})];
  await backUp(told, free);
  await aSecond();
  const newest = await backUp(told, free);
  await round(first);
  const { annotations, resourceVersion, managedFields } = (await admin.get(pathOf(told)))
    .metadata as unknown as {
    readonly annotations: Readonly<Record<string, string>>;
    readonly resourceVersion: string;
    readonly managedFields: readonly { readonly manager: string }[];
  };
  expect(annotations).toEqual({
    [`${KEY}/last-backup`]: newest,
    [`${KEY}/last-backup-time`]: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    [`${KEY}/last-backup-location`]: location.catalog.url,
  });
  expect(managedFields.map(({ manager }) => manager)).toContain("kubectl-backup-guard");
  expect(await noted(pathOf(free))).toBeUndefined();
  await round(first);
  await round(second);
  expect(first.writes).toEqual([`namespaces ${told}`]);
  expect(second.writes).toEqual([]);
  expect((await admin.get(pathOf(told))).metadata["resourceVersion"]).toBe(resourceVersion);
  expect([...first.troubles, ...second.troubles]).toEqual([]);
});

test.each([
  ["workloads", [true, false]],
  ["all", [true, true]],
  ["namespaces", [false, false]],
  ["everything", [false, false]],
] as const)(
  "where a namespace asks for %s, one replica alone tells them, and never a pod template",
  async (asked, [workloads, others]) => {
    const name = await namespace(asked);
    const backup = await backUp(name);
    await admin.delete(deployment(name, "gone"));
    await Promise.all([round(first), round(second)]);
    expect(await noted(pathOf(name))).toBe(backup);
    const paths = [deployment(name, "web"), `${pathOf(name)}/configmaps/settings`];
    if (!workloads) await aSecond();
    const expected = [workloads ? backup : undefined, others ? backup : undefined];
    await eventually("they are told", async () =>
      expect(await Promise.all(paths.map(noted))).toEqual(expected),
    );
    expect(JSON.stringify((await admin.get(deployment(name, "web")))["spec"])).not.toContain("last-backup");
    expect(await admin.find(deployment(name, "gone"))).toBeUndefined();
    const objects = [...first.writes, ...second.writes].filter((write) => !write.startsWith("namespaces "));
    expect(objects).toEqual([...new Set(objects)]);
    // What is in a namespace is told behind it: nothing of it by now is nothing at all.
    if (!workloads) expect(objects).toEqual([]);
    const troubles = [...first.troubles, ...second.troubles];
    const unknown = `namespace ${name}: ${KEY}/annotate: "everything" is none of namespaces, workloads or all`;
    expect(troubles).toEqual(asked === "everything" ? [unknown] : []);
  },
);

test("what the plugin has noted on the namespace already is no reason to leave out what the namespace asks for", async () => {
  const name = await namespace("workloads");
  const backup = await backUp(name);
  await first.index.refresh(context);
  const [candidate] = first.index.candidatesOf(name);
  const annotations = {
    [`${KEY}/last-backup`]: backup,
    [`${KEY}/last-backup-time`]: candidate?.evidence.namespace.firstListAt,
    [`${KEY}/last-backup-location`]: location.catalog.url,
  };
  await admin.request("PATCH", pathOf(name), {
    body: { metadata: { annotations } },
    contentType: "application/merge-patch+json",
  });
  await round(first);
  await eventually("it is told", async () => (await noted(deployment(name, "web"))) === backup);
});

test("of a backup that is no longer there when it is looked at, nobody is told; an older one stands in", async () => {
  const name = await namespace();
  const older = await backUp(name);
  await aSecond();
  const newer = await backUp(name);
  await first.index.refresh(context);
  await location.catalog.remove(newer, context);
  await first.annotator.note(new Set([first.index.url]), context);
  expect(await noted(pathOf(name))).toBe(older);
});

test("where another replica has gone on to a later backup, what waited for its turn is left to it", async () => {
  const name = await namespace("workloads");
  await backUp(name);
  const read = new Promise<void>((resolve) => {
    first.beforeReading = async () => {
      await aSecond();
      await backUp(name);
      await round(second);
      // Read behind this, and so before anything that would be written is.
      setTimeout(resolve, 500);
    };
  });
  await round(first);
  await read;
  await eventually("the other has told them", async () => second.writes.includes("deployments.apps web"));
  expect(first.writes).toEqual([`namespaces ${name}`]);
});

test("a namespace that was deleted meanwhile does not come back, and its namesake is told nothing of its backups", async () => {
  const name = await namespace("all");
  await backUp(name);
  await admin.delete(pathOf(name));
  await round(first);
  await eventually("it is gone", async () => (await admin.find(pathOf(name))) === undefined);
  await round(first);
  expect(await admin.find(pathOf(name))).toBeUndefined();
  const metadata = { name, labels: { [`${KEY}/protect`]: "true" } };
  await admin.create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata });
  await round(first);
  expect(await noted(pathOf(name))).toBeUndefined();
  expect(first.troubles).toEqual([]);
});
