import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "#test/harness/eventually.ts";
import type { ApplyObject } from "#test/harness/kube-client.ts";
import { runCli } from "#test/harness/run-cli.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { directoryLocation } from "#test/integration/cli/test-location.ts";
import { configMap, deployment, namespace, openRig, type Rig } from "./rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await openRig(sharedCluster());
});
afterAll(() => rig.stop());

const core = (ns: string, rest: string) => `/api/v1/namespaces/${ns}/${rest}`;

/** A class of its own for each disk: no claim that another test left pending may take a volume before its own claim does. */
const classOf = (disk: string) => `only-${disk}`;

function volume(name: string, policy: "Retain" | "Delete"): ApplyObject {
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name },
    spec: {
      capacity: { storage: "1Gi" },
      accessModes: ["ReadWriteOnce"],
      persistentVolumeReclaimPolicy: policy,
      storageClassName: classOf(name),
      csi: { driver: "test.example.com", volumeHandle: `disk-${name}` },
    },
  };
}

function claim(ns: string, name: string, volumeName: string): ApplyObject {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { namespace: ns, name },
    spec: {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "1Gi" } },
      storageClassName: classOf(volumeName),
      volumeName,
    },
  };
}

const mounts = (claimName: string) => ({ volumes: [{ name: "d", persistentVolumeClaim: { claimName } }] });

async function phaseOf(ns: string, name: string): Promise<unknown> {
  const found = await rig.client.find(core(ns, `persistentvolumeclaims/${name}`));
  return (found?.["status"] as Record<string, unknown> | undefined)?.["phase"];
}

/** Its controller has said something of a claim: whatever phase it would give it stands by then. */
async function judgedPhaseOf(ns: string, name: string): Promise<unknown> {
  await eventually("an event of the claim", async () => {
    const events = await rig.client.list(core(ns, "events"));
    return events.some((event) => (event["involvedObject"] as { name?: string }).name === name);
  });
  return phaseOf(ns, name);
}

/** A namespace with a bound claim, a Deployment that mounts it, and one that does not. */
async function appWithDisk(policy: "Retain" | "Delete"): Promise<{ app: string; disk: string }> {
  const [app, disk] = [uniqueName("app"), uniqueName("disk")];
  await rig.client.apply([
    namespace(app),
    volume(disk, policy),
    claim(app, "data", disk),
    configMap(app, "settings"),
    deployment(app, "db", mounts("data")),
    deployment(app, "web"),
  ]);
  await eventually("bound", async () => (await phaseOf(app, "data")) === "Bound");
  return { app, disk };
}

async function removeVolume(name: string): Promise<void> {
  const path = `/api/v1/persistentvolumes/${name}`;
  await rig.client.delete(path);
  await rig.client.request("PATCH", path, {
    body: { metadata: { finalizers: null } },
    contentType: "application/merge-patch+json",
  });
  await eventually("volume gone", async () => (await rig.client.find(path)) === undefined);
}

describe("a bound claim whose data nothing can bring back", () => {
  it("is held back with what mounts it, named first; everything else returns", async () => {
    const { app, disk } = await appWithDisk("Delete");
    const backup = await rig.backUp([app]);
    await rig.removeNamespace(app);
    await removeVolume(disk);

    const report = await rig.restore(backup);

    expect(report.complete).toBe(false);
    expect(report.failed).toEqual([]);
    expect(report.held.map(({ resource, name }) => `${resource}/${name}`)).toEqual([
      "persistentvolumeclaims/data",
      "deployments/db",
    ]);
    expect(await phaseOf(app, "data")).toBeUndefined();
    expect(await rig.client.find(`/apis/apps/v1/namespaces/${app}/deployments/db`)).toBeUndefined();
    expect(await rig.client.find(`/apis/apps/v1/namespaces/${app}/deployments/web`)).toBeDefined();
    expect(await rig.client.find(core(app, "configmaps/settings"))).toBeDefined();

    const again = await rig.restore(backup, { emptyVolumes: [`${app}/data`] });

    expect(again.complete).toBe(true);
    expect(again.counts.created).toBe(3);
    expect(await judgedPhaseOf(app, "data")).toBe("Pending");
    const restored = await rig.client.get(core(app, "persistentvolumeclaims/data"));
    expect(restored["spec"]).not.toHaveProperty("volumeName");
    expect(Object.keys(restored.metadata["annotations"] as object)).toEqual([
      "kubectl-backup.io/restored-from",
    ]);
  });

  it("is no different where its volume is not in the backup: made empty it is pending, never lost", async () => {
    const { app, disk } = await appWithDisk("Retain");
    const selection = { includeNamespaces: [app], includeClusterResources: "false" };
    const backup = await rig.backUp([app], { selection });
    await rig.removeNamespace(app);
    await removeVolume(disk);

    const { held } = await rig.restore(backup);
    const empty = await rig.restore(backup, { emptyVolumes: true });

    expect(held.map(({ name }) => name)).toEqual(["data", "db"]);
    expect(empty.complete).toBe(true);
    expect(await judgedPhaseOf(app, "data")).toBe("Pending");
  });
});

it("on the command line the claims without data come first, and the exit is 3 until they may be empty", async () => {
  const { app, disk } = await appWithDisk("Delete");
  const location = await directoryLocation();
  const run = (...args: string[]) =>
    runCli([...args, "--location", location.url], { kubeconfig: sharedCluster().kubeconfigPath });
  expect((await run("create", "b1", "-n", app)).code).toBe(0);
  await rig.removeNamespace(app);
  await removeVolume(disk);

  const planned = await run("restore", "b1", "--dry-run");
  const held = await run("restore", "b1", "--wait=false");
  const empty = await run("restore", "b1", "--wait=false", "--empty-volumes");

  expect(planned.stdout).toMatch(/^Held back/);
  const rows = held.stderr.split("\n").filter((line) => line.includes(` ${app}/`));
  expect([held.code, rows]).toEqual([
    3,
    [
      expect.stringMatching(new RegExp(`^persistentvolumeclaims +${app}/data .*--empty-volumes`)),
      expect.stringMatching(new RegExp(`^deployments.apps +${app}/db `)),
    ],
  ]);
  expect([empty.code, empty.stderr]).toEqual([0, expect.any(String)]);
  expect(await phaseOf(app, "data")).toBe("Pending");
  expect(await rig.client.find(`/apis/apps/v1/namespaces/${app}/deployments/db`)).toBeDefined();
  await location.remove();
});

describe("a StatefulSet that is selected by a label which its claims lack", () => {
  it("is held back and named while they are away, and makes no empty ones; with them it returns", async () => {
    const [app, disk] = [uniqueName("app"), uniqueName("disk")];
    const labels = { app: "db" };
    const set = {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { namespace: app, name: "db", labels },
      spec: {
        serviceName: "db",
        replicas: 1,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "pause" }] } },
        volumeClaimTemplates: [
          {
            metadata: { name: "data" },
            spec: {
              accessModes: ["ReadWriteOnce"],
              resources: { requests: { storage: "1Gi" } },
              storageClassName: classOf(disk),
            },
          },
        ],
      },
    };
    const lost = claim(app, "data-db-0", disk);
    // Before the set: a claim that its controller makes has the set's labels.
    await rig.client.apply([namespace(app), volume(disk, "Retain"), lost]);
    await eventually("bound", async () => (await phaseOf(app, "data-db-0")) === "Bound");
    await rig.client.apply([set]);
    const backup = await rig.backUp([app]);
    await rig.removeNamespace(app);
    const byLabel = { selection: { labelSelector: "app=db" } };
    const path = `/apis/apps/v1/namespaces/${app}/statefulsets/db`;

    const report = await rig.restore(backup, byLabel);

    expect(report.complete).toBe(false);
    expect(report.held).toMatchObject([{ name: "db", message: expect.stringContaining("data-db-0") }]);
    expect(await rig.client.find(path)).toBeUndefined();
    expect(await rig.client.list(core(app, "persistentvolumeclaims"))).toEqual([]);

    await rig.restore(backup, { selection: { includeNamespaces: [app], includeResources: ["pvc"] } });
    const again = await rig.restore(backup, byLabel);

    expect(again.complete).toBe(true);
    expect(await rig.client.find(path)).toBeDefined();
    await eventually("bound", async () => (await phaseOf(app, "data-db-0")) === "Bound");
  });
});

describe("a volume without a claim", () => {
  it("does not return onto a disk that another volume has taken meanwhile", async () => {
    const [spare, rival] = [uniqueName("spare"), uniqueName("rival")];
    const onSpare = volume(spare, "Retain");
    await rig.client.apply([onSpare]);
    const chosen = { includeResources: [`pv/${spare}`] };
    const backup = await rig.backUp([], { selection: chosen });
    await removeVolume(spare);
    await rig.client.apply([{ ...onSpare, metadata: { name: rival } }]);

    const report = await rig.restore(backup, { selection: chosen });

    expect(report.reasons).toEqual({ "disk-in-use": 1 });
    expect(await rig.client.find(`/api/v1/persistentvolumes/${spare}`)).toBeUndefined();
    await removeVolume(rival);
    expect((await rig.restore(backup, { selection: chosen })).counts.created).toBe(1);
    await removeVolume(spare);
  });
});

describe("a bound claim whose volume was retained", () => {
  it("is bound again to the volume that is still there", async () => {
    const { app, disk } = await appWithDisk("Retain");
    const backup = await rig.backUp([app]);
    await rig.removeNamespace(app);
    await eventually("released", async () => {
      const live = await rig.client.get(`/api/v1/persistentvolumes/${disk}`);
      return (live["status"] as Record<string, unknown>)["phase"] === "Released";
    });

    const report = await rig.restore(backup);

    expect(report.complete).toBe(true);
    await eventually("bound", async () => (await phaseOf(app, "data")) === "Bound");
    const live = await rig.client.get(`/api/v1/persistentvolumes/${disk}`);
    expect(live["spec"]).toMatchObject({ claimRef: { namespace: app, name: "data" } });
  });

  it("gets its volume object back when that is gone too, never released on the way", async () => {
    const { app, disk } = await appWithDisk("Retain");
    const copy = uniqueName("copy");
    const backup = await rig.backUp([app]);
    await rig.removeNamespace(app);
    await removeVolume(disk);

    const report = await rig.restore(backup, { namespaceMapping: { [app]: copy } });

    expect(report.failed).toEqual([]);
    expect(report.complete).toBe(true);
    await eventually("bound", async () => (await phaseOf(copy, "data")) === "Bound");
    const live = await rig.client.get(`/api/v1/persistentvolumes/${disk}`);
    expect(live["spec"]).toMatchObject({
      claimRef: { namespace: copy, name: "data" },
      persistentVolumeReclaimPolicy: "Retain",
    });
  });

  it("is held back when another volume lies on the same handle", async () => {
    const { app, disk } = await appWithDisk("Retain");
    const backup = await rig.backUp([app]);
    await rig.removeNamespace(app);
    await removeVolume(disk);
    const other = uniqueName("other");
    const rival = volume(other, "Retain");
    await rig.client.apply([
      {
        ...rival,
        spec: {
          ...(rival["spec"] as object),
          csi: { driver: "test.example.com", volumeHandle: `disk-${disk}` },
        },
      },
    ]);

    const report = await rig.restore(backup);

    expect(report.held.map(({ resource }) => resource)).toContain("persistentvolumeclaims");
    expect(await rig.client.find(`/api/v1/persistentvolumes/${disk}`)).toBeUndefined();
  });
});
