import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "#test/harness/eventually.ts";
import type { RecordedRequest } from "#test/harness/faults.ts";
import { faultyKubeProxy } from "#test/harness/faulty-proxy.ts";
import { runCli, startCli } from "#test/harness/run-cli.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { directoryLocation } from "#test/integration/cli/test-location.ts";
import { deployment, namespace, openRig, type Rig } from "./rig.ts";

const cluster = sharedCluster();
let rig: Rig;
let location: Awaited<ReturnType<typeof directoryLocation>>;
let proxy: Awaited<ReturnType<typeof faultyKubeProxy>>;
beforeAll(async () => {
  rig = await openRig(cluster);
  location = await directoryLocation();
  proxy = await faultyKubeProxy(cluster);
});
afterAll(async () => {
  await proxy.stop();
  await location.remove();
  await rig.stop();
});

const volumePath = (disk: string) => `/api/v1/persistentvolumes/${disk}`;
const phaseOf = async (path: string) =>
  ((await rig.client.find(path))?.["status"] as { phase?: string } | undefined)?.phase;

/** A namespace whose one claim is bound to a retained disk, backed up and gone. */
async function goneApp() {
  const [app, disk] = [uniqueName("app"), uniqueName("disk")];
  const storageClassName = `only-${disk}`;
  const accessModes = ["ReadWriteOnce"];
  const claimPath = `/api/v1/namespaces/${app}/persistentvolumeclaims/data`;
  await rig.client.apply([
    namespace(app),
    {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name: disk },
      spec: {
        ...{ accessModes, storageClassName, capacity: { storage: "1Gi" } },
        persistentVolumeReclaimPolicy: "Retain",
        csi: { driver: "test.example.com", volumeHandle: `disk-${disk}` },
      },
    },
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { namespace: app, name: "data" },
      spec: {
        ...{ accessModes, storageClassName, volumeName: disk },
        resources: { requests: { storage: "1Gi" } },
      },
    },
    deployment(app, "db", { volumes: [{ name: "d", persistentVolumeClaim: { claimName: "data" } }] }),
  ]);
  await eventually("bound", async () => (await phaseOf(claimPath)) === "Bound");
  const args = ["b1", "--location", location.url];
  const direct = { kubeconfig: cluster.kubeconfigPath };
  const backup = `b-${app}`;
  const made = await runCli(["create", backup, "-n", app, ...args.slice(1)], direct);
  expect(made.code, made.stderr).toBe(0);
  await rig.removeNamespace(app);
  await eventually("released", async () => (await phaseOf(volumePath(disk))) === "Released");
  const restore = ["restore", backup, "--wait=false", ...args.slice(1)];
  return { app, disk, claimPath, restore, direct };
}

async function killBeforeTheClaim(restore: readonly string[]): Promise<void> {
  const isClaim = ({ method, path }: RecordedRequest) =>
    method === "POST" && path.endsWith("/persistentvolumeclaims");
  const from = proxy.requests.length;
  proxy.add({ when: isClaim, fault: { delayMs: 600_000 } });
  const running = await startCli(restore, { kubeconfig: proxy.kubeconfigPath });
  await Promise.race([
    eventually("the claim", async () => proxy.requests.slice(from).some(isClaim)),
    running.result,
  ]);
  running.signal("SIGKILL");
  const end = await running.result;
  expect(end.signal, end.stderr).toBe("SIGKILL");
  proxy.clear();
}

async function removeVolume(disk: string): Promise<void> {
  await rig.client.delete(volumePath(disk));
  await rig.client.request("PATCH", volumePath(disk), {
    body: { metadata: { finalizers: null } },
    contentType: "application/merge-patch+json",
  });
  await eventually("no volume", async () => (await rig.client.find(volumePath(disk))) === undefined);
}

describe("a restore that is killed when its claim's volume is there and its claim is not", () => {
  it.each([
    ["was kept and has been freed", async () => undefined],
    ["was gone and has been brought back", removeVolume],
  ])("binds the claim to that very disk when it is gone on with, where the volume %s", async (_, before) => {
    const { app, disk, claimPath, restore, direct } = await goneApp();
    await before(disk);
    await killBeforeTheClaim(restore);
    const volume = await rig.client.get(volumePath(disk));
    expect(await rig.client.find(claimPath)).toBeUndefined();

    const end = await runCli(restore, direct);

    expect(end.code, end.stderr).toBe(0);
    expect(end.stderr).toContain("Resuming restore/");
    await eventually("bound", async () => (await phaseOf(claimPath)) === "Bound");
    expect(await rig.client.get(claimPath)).toMatchObject({ spec: { volumeName: disk } });
    const after = await rig.client.get(volumePath(disk));
    expect(after.metadata["uid"]).toBe(volume.metadata["uid"]);
    expect(after).toMatchObject({
      spec: {
        persistentVolumeReclaimPolicy: "Retain",
        claimRef: { namespace: app, name: "data" },
        csi: { volumeHandle: `disk-${disk}` },
      },
    });
    expect(await rig.client.find(`/apis/apps/v1/namespaces/${app}/deployments/db`)).toBeDefined();
  });
});
