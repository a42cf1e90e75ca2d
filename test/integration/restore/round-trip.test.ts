// Everything that a stock API server lets one write, and CRDs of every shape: saved, restored into another cluster and
// into its own after all was deleted, and compared past the product.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WITHOUT_FIXTURE } from "#test/fixtures/every-kind/without-fixture.ts";
import {
  createEveryKind,
  deleteClusterScoped,
  everyKind,
  type FixtureSite,
  loseClusterScoped,
  namespacesOf,
} from "#test/fixtures/every-kind.ts";
import { type ServedKind, servedKinds, settled } from "#test/fixtures/every-object.ts";
import type { ClusterHandle } from "#test/harness/cluster-handle.ts";
import { compareAll } from "#test/harness/compare-all.ts";
import { type ControlPlane, startControlPlane } from "#test/harness/control-plane.ts";
import type { KubeObject } from "#test/harness/kube-object.ts";
import { runCli } from "#test/harness/run-cli.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { directoryLocation } from "#test/integration/cli/test-location.ts";

const home = sharedCluster();
const client = home.adminClient();
const marker = uniqueName("every");
const site: FixtureSite = { namespace: marker, marker };
const namespaces = namespacesOf(site);
const scope = { namespaces, marker };
let originals: readonly KubeObject[];
let location: Awaited<ReturnType<typeof directoryLocation>>;
let other: ControlPlane;

beforeAll(async () => {
  [other, location] = await Promise.all([startControlPlane(), directoryLocation()]);
  await createEveryKind(client, site);
  originals = await settled(client, scope);
  const selection = ["--include-namespaces", namespaces.join(","), "--include-cluster-resources=true"];
  const made = await ours(home, ["create", "all", ...selection]);
  expect(made.code, made.stderr).toBe(0);
});
afterAll(async () => {
  await deleteClusterScoped(client, site);
  client.close();
  await location.remove();
  await other.stop();
});

function ours({ kubeconfigPath }: Pick<ClusterHandle, "kubeconfigPath">, args: readonly string[]) {
  return runCli([...args, "--location", location.url], { kubeconfig: kubeconfigPath });
}

/** Restores all of it, with the status of the one kind whose status only its own controller could bring back. */
async function restored(into: ControlPlane | ClusterHandle, name: string): Promise<readonly KubeObject[]> {
  const status = ["--include-status", `machines.${marker}.example.com`];
  const { code, stderr } = await ours(into, ["restore", "all", "--name", name, "--yes", ...status]);
  expect(code, stderr).toBe(0);
  const admin = into.adminClient();
  const found = await settled(admin, scope);
  admin.close();
  return found;
}

describe("what the fixture holds", () => {
  const isBuiltIn = ({ group }: ServedKind) => !group.includes(".") || group.endsWith(".k8s.io");
  const titleOf = ({ group, resource }: ServedKind) => (group === "" ? resource : `${resource}.${group}`);

  it("is at least three objects of every built-in kind that the server lets one create", async () => {
    const creatable = (await servedKinds(client)).filter(
      (it) => isBuiltIn(it) && it.verbs.includes("create"),
    );
    const sparse = creatable.filter(({ group, kind }) => {
      const isOfKind = ({ apiVersion, kind: its }: { apiVersion: string; kind: string }) =>
        its === kind && (apiVersion.includes("/") ? apiVersion.split("/")[0] : "") === group;
      return everyKind(site).filter(isOfKind).length < 3;
    });
    expect(sparse.map(titleOf).toSorted()).toEqual(Object.keys(WITHOUT_FIXTURE).toSorted());
  });

  it("is all there before it is saved", () => {
    const there = new Set(originals.map(({ kind, metadata }) => `${kind} ${metadata.name}`));
    const missing = everyKind(site).filter(({ kind, metadata }) => !there.has(`${kind} ${metadata.name}`));
    expect(missing.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([]);
  });
});

describe("a restore of all of it", () => {
  it("into another cluster brings each object back as it was", async () => {
    expect(compareAll({ originals, restored: await restored(other, "elsewhere") })).toEqual([]);
  });

  it("and taken back there, leaves only what holds data: nothing that the control plane did counts as an edit", async () => {
    const undone = await ours(other, ["restore", "--undo", "elsewhere", "--created", "-o", "json"]);
    const { failed, reasons, counts } = JSON.parse(undone.stdout);
    expect({ failed, code: undone.code }, undone.stderr).toEqual({ failed: [], code: 0 });
    expect(Object.keys(reasons).toSorted()).toEqual(["holds-data", "namespace-not-empty"]);
    expect(counts.deleted).toBeGreaterThan(100);
  });

  it("into its own cluster, after everything was deleted, brings each object back as it was", async () => {
    await loseClusterScoped(client, site);
    expect(compareAll({ originals, restored: await restored(home, "home") })).toEqual([]);
  });
});
