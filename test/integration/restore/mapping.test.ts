import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "#test/harness/eventually.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { configMap, customKind, deployment, namespace, openRig, type Rig } from "./rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await openRig(sharedCluster());
});
afterAll(() => rig.stop());

const GROUP = "snapshot.storage.k8s.io";
const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

describe("two namespaces that would become one", () => {
  it("are refused before anything is written: objects of one name would be taken for each other", async () => {
    const [left, right] = [uniqueName("left"), uniqueName("right")];
    await rig.client.apply([
      namespace(left),
      configMap(left, "settings"),
      namespace(right),
      configMap(right, "settings"),
    ]);
    const backup = await rig.backUp([left, right]);

    const refused = rig.restore(backup, { namespaceMapping: { [left]: right } });

    await expect(refused).rejects.toThrow(`${left} and ${right} would both become ${right}`);
  });
});

describe("generations", () => {
  it("begin anew, and what a controller has observed of them with them", async () => {
    const [app, custom] = [uniqueName("app"), await customKind(rig)];
    await rig.client.apply([namespace(app), deployment(app, "web")]);
    const web = `/apis/apps/v1/namespaces/${app}/deployments/web`;
    for (let revision = 2; revision <= 9; revision += 1) {
      await rig.client.patch(web, { spec: { minReadySeconds: revision } }, "merge");
    }
    const [settled, behind] = ["settled", "behind"].map((name) => `${custom.path(app)}/${name}`);
    for (const path of [settled, behind]) {
      await rig.client.create(custom.path(app), {
        ...custom.type,
        metadata: { name: path?.split("/").at(-1) },
        spec: { size: 0 },
      });
      for (const size of [1, 2]) await rig.client.patch(String(path), { spec: { size } }, "merge");
    }
    const observe = (path: string | undefined, observedGeneration: number) =>
      rig.client.request("PATCH", `${path}/status`, {
        body: { status: { observedGeneration, phase: "Good" } },
        contentType: "application/merge-patch+json",
      });
    await observe(settled, 3);
    await observe(behind, 2);
    expect((await rig.client.get(web)).metadata["generation"]).toBe(9);
    const backup = await rig.backUp([app]);
    await rig.removeNamespace(app);

    const report = await rig.restore(backup, { includeStatus: [custom.kind.resource] });

    expect(report.failed).toEqual([]);
    expect(report.complete).toBe(true);
    expect((await rig.client.get(web)).metadata["generation"]).toBe(1);
    const seen = async (path: string | undefined) => {
      const { metadata, status } = await rig.client.get(String(path));
      return { generation: metadata["generation"], status };
    };
    expect(await seen(settled)).toEqual({ generation: 1, status: { observedGeneration: 1, phase: "Good" } });
    expect(await seen(behind)).toEqual({ generation: 1, status: { phase: "Good" } });

    await rig.removeNamespace(app);
    await rig.restore(backup);
    expect(await seen(settled), "without includeStatus").toEqual({ generation: 1, status: undefined });
    await custom.remove();
  });
});

function snapshotDefinition(kind: string, scope: "Cluster" | "Namespaced") {
  const plural = `${kind.toLowerCase()}s`;
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {
      name: `${plural}.${GROUP}`,
      annotations: { "api-approved.kubernetes.io": "unapproved, for a test" },
    },
    spec: {
      group: GROUP,
      scope,
      names: { plural, singular: kind.toLowerCase(), kind },
      versions: [{ name: "v1", served: true, storage: true, subresources: { status: {} }, schema }],
    },
  };
}

describe("a snapshot under another namespace name", () => {
  it("and its content name each other in the copy, without the old uid", async () => {
    const [app, copy, name] = [uniqueName("app"), uniqueName("copy"), uniqueName("content")];
    const definitions = [
      snapshotDefinition("VolumeSnapshot", "Namespaced"),
      snapshotDefinition("VolumeSnapshotContent", "Cluster"),
    ];
    await rig.client.apply([namespace(app), ...definitions]);
    const snapshots = (ns: string) => `/apis/${GROUP}/v1/namespaces/${ns}/volumesnapshots`;
    const contents = `/apis/${GROUP}/v1/volumesnapshotcontents`;
    for (const path of [snapshots("default"), contents]) {
      await eventually("served", async () => (await rig.client.request("GET", path)).status === 200);
    }
    const snapshot = await rig.client.create(snapshots(app), {
      apiVersion: `${GROUP}/v1`,
      kind: "VolumeSnapshot",
      metadata: { name: "cut" },
      spec: { source: { persistentVolumeClaimName: "data" } },
    });
    await rig.client.create(contents, {
      apiVersion: `${GROUP}/v1`,
      kind: "VolumeSnapshotContent",
      metadata: { name },
      spec: {
        deletionPolicy: "Delete",
        driver: "test.example.com",
        source: { volumeHandle: "disk" },
        volumeSnapshotRef: {
          kind: "VolumeSnapshot",
          namespace: app,
          name: "cut",
          uid: snapshot.metadata["uid"],
        },
      },
    });
    const setStatus = (path: string, status: Record<string, unknown>) =>
      rig.client.request("PATCH", `${path}/status`, {
        body: { status },
        contentType: "application/merge-patch+json",
      });
    await setStatus(`${snapshots(app)}/cut`, { boundVolumeSnapshotContentName: name });
    await setStatus(`${contents}/${name}`, { snapshotHandle: "snap-1" });
    const backup = await rig.backUp([app]);

    // Where both are there, nothing of them is changed.
    const over = await rig.restore(backup, { existing: "update" });
    expect(over.counts).toMatchObject({ updated: 0, failed: 0 });
    await rig.client.delete(`${contents}/${name}`);

    const report = await rig.restore(backup, { namespaceMapping: { [app]: copy } });

    expect(report.failed).toEqual([]);
    expect((await rig.client.get(`${contents}/${name}`))["spec"]).toEqual({
      deletionPolicy: "Retain",
      driver: "test.example.com",
      source: { snapshotHandle: "snap-1" },
      volumeSnapshotRef: { kind: "VolumeSnapshot", namespace: copy, name: "cut" },
    });
    expect((await rig.client.get(`${snapshots(copy)}/cut`))["spec"]).toEqual({
      source: { volumeSnapshotContentName: name },
    });
    for (const { metadata } of definitions) await rig.client.delete(`${DEFINITIONS}/${metadata.name}`);
  });
});
