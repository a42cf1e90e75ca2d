import { afterAll, beforeAll, expect, test } from "vitest";
import { annotateSources } from "#core/backup/annotate.ts";
import { runBackup } from "#core/backup/run.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import { backupRequest } from "#core/model/backup.ts";
import { selection } from "#core/model/selection.ts";
import type { KubeClient } from "#test/harness/kube-client.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { connect, context, type Location, newLocation } from "./make-backup.ts";

const namespace = uniqueName("noted");
const configMaps = `/api/v1/namespaces/${namespace}/configmaps`;
const configMap = (name: string) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace },
});

let admin: KubeClient;
let cluster: Cluster;
let location: Location;
beforeAll(async () => {
  admin = sharedCluster().adminClient();
  cluster = await connect(sharedCluster().kubeconfigPath);
  location = await newLocation();
  const names = ["stays", "goes", "replaced"];
  await admin.apply([
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    ...names.map(configMap),
  ]);
});
afterAll(async () => {
  await admin.delete(`/api/v1/namespaces/${namespace}`);
  admin.close();
  cluster.close();
  await location.remove();
});

test("what was deleted since the backup does not come back, and a namesake is told nothing", async () => {
  const { catalog } = location;
  const request = backupRequest.parse({
    name: "b1",
    selection: selection.parse({ includeNamespaces: [namespace] }),
  });
  const result = await runBackup({ cluster, catalog, request, toolVersion: "0.0.0" }, context);
  await admin.delete(`${configMaps}/goes`);
  await admin.delete(`${configMaps}/replaced`);
  await admin.create(configMaps, configMap("replaced"));

  expect(await annotateSources({ cluster, catalog, result, scope: "all" }, context)).toEqual([]);

  expect(await admin.find(`${configMaps}/goes`)).toBeUndefined();
  expect((await admin.get(`${configMaps}/replaced`)).metadata.annotations).toBeUndefined();
  const [record] = result.facts.namespaces;
  const noted = {
    "kubectl-backup.io/last-backup": "b1",
    "kubectl-backup.io/last-backup-time": record?.firstListAt,
    "kubectl-backup.io/last-backup-location": catalog.url,
  };
  expect((await admin.get(`${configMaps}/stays`)).metadata.annotations).toEqual(noted);
  expect((await admin.get(`/api/v1/namespaces/${namespace}`)).metadata.annotations).toEqual(noted);

  const before = (await admin.get(`${configMaps}/stays`)).metadata["resourceVersion"];
  await annotateSources({ cluster, catalog, result, scope: "all" }, context);
  expect((await admin.get(`${configMaps}/stays`)).metadata["resourceVersion"]).toBe(before);
});
