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
    // Its kind does not count generations, and a server keeps one that a creation names.
    const numbered = configMap(app, "numbered", {
      metadata: { namespace: app, name: "numbered", generation: 7 },
    });
    await rig.client.create(`/api/v1/namespaces/${app}/configmaps`, numbered);
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
    const { metadata } = await rig.client.get(`/api/v1/namespaces/${app}/configmaps/numbered`);
    expect(metadata).not.toHaveProperty("generation");
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
  const definitions = [
    snapshotDefinition("VolumeSnapshot", "Namespaced"),
    snapshotDefinition("VolumeSnapshotContent", "Cluster"),
  ];
  const snapshots = (ns: string) => `/apis/${GROUP}/v1/namespaces/${ns}/volumesnapshots`;
  const contents = `/apis/${GROUP}/v1/volumesnapshotcontents`;
  const specAt = async (path: string) => (await rig.client.get(path))["spec"];

  beforeAll(async () => {
    await rig.client.apply(definitions);
    for (const path of [snapshots("default"), contents]) {
      await eventually("served", async () => (await rig.client.request("GET", path)).status === 200);
    }
  });
  afterAll(async () => {
    for (const { metadata } of definitions) await rig.client.delete(`${DEFINITIONS}/${metadata.name}`);
  });

  const setStatus = (path: string, status: Record<string, unknown>) =>
    rig.client.request("PATCH", `${path}/status`, {
      body: { status },
      contentType: "application/merge-patch+json",
    });

  /** As its controllers would leave it. */
  async function cut(app: string, name: string): Promise<void> {
    await rig.client.apply([namespace(app)]);
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
    await setStatus(`${snapshots(app)}/cut`, { boundVolumeSnapshotContentName: name });
    await setStatus(`${contents}/${name}`, { snapshotHandle: "snap-1" });
  }

  const restored = (copy: string) => ({
    deletionPolicy: "Retain",
    driver: "test.example.com",
    source: { snapshotHandle: "snap-1" },
    volumeSnapshotRef: { kind: "VolumeSnapshot", namespace: copy, name: "cut" },
  });

  it("and its content name each other in the copy, without the old uid", async () => {
    const [app, copy, name] = [uniqueName("app"), uniqueName("copy"), uniqueName("content")];
    await cut(app, name);
    const backup = await rig.backUp([app]);

    // Where both are there, nothing of them is changed.
    const over = await rig.restore(backup, { existing: "update" });
    expect(over.counts).toMatchObject({ updated: 0, failed: 0 });
    await rig.client.delete(`${contents}/${name}`);

    const report = await rig.restore(backup, { namespaceMapping: { [app]: copy } });

    expect(report.failed).toEqual([]);
    expect(await specAt(`${contents}/${name}`)).toEqual(restored(copy));
    expect(await specAt(`${snapshots(copy)}/cut`)).toEqual({ source: { volumeSnapshotContentName: name } });
    await rig.client.delete(`${contents}/${name}`);
  });

  it("has a content of its own beside the living original, which nothing is done to", async () => {
    const [app, copy, name] = [uniqueName("app"), uniqueName("copy"), uniqueName("content")];
    await cut(app, name);
    const original = await specAt(`${contents}/${name}`);
    const backup = await rig.backUp([app]);
    const request = { namespaceMapping: { [app]: copy }, existing: "update" };

    const report = await rig.restore(backup, request);

    expect(report.failed).toEqual([]);
    expect(report.counts).toMatchObject({ updated: 0 });
    expect(report.reaches).toMatchObject([
      { reach: "snapshot-handle", message: expect.stringContaining("snap-1") },
    ]);
    const nameOf = async () =>
      ((await specAt(`${snapshots(copy)}/cut`)) as { source: { volumeSnapshotContentName: string } }).source
        .volumeSnapshotContentName;
    const other = await nameOf();
    expect(other).not.toBe(name);
    expect(await specAt(`${contents}/${other}`)).toEqual(restored(copy));
    expect(await specAt(`${contents}/${name}`)).toEqual(original);

    const again = await rig.restore(backup, request);
    expect(again.counts).toMatchObject({ created: 0, updated: 0, failed: 0 });
    expect(again.differing).toEqual([]);

    // Bound, the copy thrown away and made anew: the content that it had is bound to a snapshot that is gone.
    const { uid } = (await rig.client.get(`${snapshots(copy)}/cut`)).metadata;
    await rig.client.patch(`${contents}/${other}`, { spec: { volumeSnapshotRef: { uid } } }, "merge");
    await rig.removeNamespace(copy);
    const anew = await rig.restore(backup, request);
    expect(anew.failed).toEqual([]);
    expect(await nameOf()).toBe(`${other}-2`);
    expect(await specAt(`${contents}/${other}-2`)).toEqual(restored(copy));
    for (const one of [name, other, `${other}-2`]) await rig.client.delete(`${contents}/${one}`);
  });

  it("stays away where its content was left out, since that of the original is not its own", async () => {
    const [app, copy, name] = [uniqueName("app"), uniqueName("copy"), uniqueName("content")];
    await cut(app, name);
    const backup = await rig.backUp([app]);
    const report = await rig.restore(backup, {
      namespaceMapping: { [app]: copy },
      selection: { includeNamespaces: [app], excludeResources: ["volumesnapshotcontents"] },
    });
    expect(report.failed).toMatchObject([
      { kind: "VolumeSnapshot", name: "cut", outcome: { reason: "snapshot-content-missing" } },
    ]);
    expect(await rig.client.list(snapshots(copy))).toEqual([]);
    await rig.client.delete(`${contents}/${name}`);
  });
});
