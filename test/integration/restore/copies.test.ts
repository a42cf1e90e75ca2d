import { afterAll, beforeAll, expect, it } from "vitest";
import { previewRestore } from "#core/restore/preview/preview-restore.ts";
import { eventually } from "#test/harness/eventually.ts";
import type { ApplyObject } from "#test/harness/kube-client.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { configMap, deployment, namespace, openRig, type Rig } from "./rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await openRig(sharedCluster());
});
afterAll(() => rig.stop());

const RBAC = "rbac.authorization.k8s.io";
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

function disk(app: string, name: string, storageClassName: string): readonly ApplyObject[] {
  const shared = { accessModes: ["ReadWriteOnce"], storageClassName };
  return [
    {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name },
      spec: {
        ...shared,
        capacity: { storage: "1Gi" },
        persistentVolumeReclaimPolicy: "Retain",
        csi: { driver: "test.example.com", volumeHandle: `disk-${name}` },
      },
    },
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { namespace: app, name: "data" },
      spec: { ...shared, resources: { requests: { storage: "1Gi" } }, volumeName: name },
    },
  ];
}

function tracked(app: string): ApplyObject {
  const applied = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "tracked", namespace: app } };
  return configMap(app, "tracked", {
    metadata: {
      namespace: app,
      name: "tracked",
      labels: {
        "argocd.argoproj.io/instance": "shop",
        "kustomize.toolkit.fluxcd.io/name": "shop",
        app: "web",
      },
      annotations: {
        "argocd.argoproj.io/tracking-id": `shop:/ConfigMap:${app}/tracked`,
        "meta.helm.sh/release-namespace": app,
        [LAST_APPLIED]: JSON.stringify(applied),
      },
    },
  });
}

const peers = (name: string) => [
  { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } },
];

const claimPath = (ns: string) => `/api/v1/namespaces/${ns}/persistentvolumeclaims/data`;

async function isBound(ns: string): Promise<boolean> {
  const claim = await rig.client.find(claimPath(ns));
  return (claim?.["status"] as { phase?: string } | undefined)?.phase === "Bound";
}

it("under another name everything names the copy, and nothing belongs to the original's tools", async () => {
  const [app, copy, volume] = [uniqueName("app"), uniqueName("copy"), uniqueName("disk")];
  const [slow, fast] = [`slow-${volume}`, `fast-${volume}`];
  const account = { kind: "ServiceAccount", namespace: app, name: "runner" };
  await rig.client.apply([
    namespace(app, { labels: { "kubectl-backup.io/protect": "true", team: "a" } }),
    ...disk(app, volume, slow),
    deployment(app, "web", { containers: [{ name: "c", image: "old.example.com/team/web:1.2" }] }),
    tracked(app),
    configMap(app, "addresses", { data: { db: `postgres://u:secret@db.${app}.svc:5432/x`, app } }),
    {
      apiVersion: `${RBAC}/v1`,
      kind: "RoleBinding",
      metadata: { namespace: app, name: "runs" },
      roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: "view" },
      subjects: [account, { apiGroup: RBAC, kind: "Group", name: `system:serviceaccounts:${app}` }],
    },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { namespace: app, name: "own" },
      spec: { podSelector: {}, ingress: [{ from: peers(app) }], policyTypes: ["Ingress"] },
    },
  ]);
  await eventually("bound", () => isBound(app));
  const backup = await rig.backUp([app]);
  await rig.removeNamespace(app);
  const volumePath = `/api/v1/persistentvolumes/${volume}`;
  await rig.client.delete(volumePath);
  await rig.client.patch(volumePath, { metadata: { finalizers: null } }, "merge").catch(() => undefined);
  await eventually("volume gone", async () => (await rig.client.find(volumePath)) === undefined);
  const request = {
    namespaceMapping: { [app]: copy },
    storageClassMapping: { [slow]: fast },
    imageMapping: { "old.example.com": "new.example.com/mirror" },
  };

  const prepared = await rig.prepare(backup, request);
  const { signal } = new AbortController();
  const preview = await previewRestore({
    prepared,
    cluster: rig.cluster,
    request: prepared.facts.rules.request,
    askServer: false,
    signal,
  });
  const report = await rig.restore(backup, request);

  expect(report.failed).toEqual([]);
  const mention = { group: "", resource: "configmaps", namespace: copy, name: "addresses", mentions: app };
  expect(preview.mentions).toEqual([{ ...mention, text: `db.${app}.svc:5432` }]);
  expect(report.mentions).toEqual(preview.mentions);
  const at = (path: string) => rig.client.get(`${path.replace("NS", copy)}`);
  expect((await at(`/api/v1/namespaces/${copy}`)).metadata["labels"]).toEqual({
    "kubernetes.io/metadata.name": copy,
    team: "a",
  });
  expect((await at(`/apis/${RBAC}/v1/namespaces/NS/rolebindings/runs`))["subjects"]).toEqual([
    { ...account, namespace: copy },
    { apiGroup: RBAC, kind: "Group", name: `system:serviceaccounts:${copy}` },
  ]);
  expect((await at("/apis/networking.k8s.io/v1/namespaces/NS/networkpolicies/own"))["spec"]).toMatchObject({
    ingress: [{ from: peers(copy) }],
  });
  expect((await at("/apis/apps/v1/namespaces/NS/deployments/web"))["spec"]).toMatchObject({
    template: { spec: { containers: [{ image: "new.example.com/mirror/team/web:1.2" }] } },
  });
  const { labels, annotations } = (await at("/api/v1/namespaces/NS/configmaps/tracked")).metadata;
  expect(labels).toEqual({ app: "web" });
  expect(annotations).toEqual({
    "meta.helm.sh/release-namespace": copy,
    [LAST_APPLIED]: expect.stringContaining(`"namespace":"${copy}"`),
    "kubectl-backup.io/restored-from": expect.any(String),
  });
  await eventually("the copy's claim is bound to the old disk", () => isBound(copy));
  expect((await rig.client.get(claimPath(copy)))["spec"]).toMatchObject({
    storageClassName: fast,
    volumeName: volume,
  });
  expect((await rig.client.get(volumePath))["spec"]).toMatchObject({
    storageClassName: fast,
    claimRef: { namespace: copy, name: "data" },
    csi: { volumeHandle: `disk-${volume}` },
  });

  const again = await rig.restore(backup, request);
  expect(again.counts).toMatchObject({ created: 0, updated: 0, failed: 0 });
  expect(again.differing).toEqual([]);
});

it("a mapping that meets nothing is told before anything is written", async () => {
  const app = uniqueName("app");
  await rig.client.apply([namespace(app), deployment(app, "web")]);
  const backup = await rig.backUp([app]);
  const { idleMappings } = await rig.prepare(backup, {
    storageClassMapping: { gone: "other" },
    imageMapping: { pause: "mirror/pause", "nowhere.io": "mirror" },
  });
  expect(idleMappings).toEqual([
    expect.stringContaining("of the class gone"),
    expect.stringContaining("images of nowhere.io"),
  ]);
});
