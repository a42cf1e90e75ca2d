import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "#test/harness/eventually.ts";
import { type FaultyKubeProxy, faultyKubeProxy } from "#test/harness/faulty-proxy.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { clusterOf, type OpenedCluster, signal } from "./rig.ts";

const group = `${uniqueName("d")}.example.com`;
const api = { group: `${uniqueName("gone")}.example.com`, version: "v1" };
let cluster: OpenedCluster;

/** One kind in v2, three others in v1 alone: reading only the preferred version would lose them. */
function definition(plural: string, kind: string, versions: readonly string[]) {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural, singular: kind.toLowerCase(), kind, shortNames: [`${plural}x`] },
      versions: versions.map((name, index) => ({
        name,
        served: true,
        storage: index === 0,
        subresources: plural === "cws" ? { status: {} } : undefined,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      })),
    },
  };
}

beforeAll(async () => {
  const admin = sharedCluster().adminClient();
  await admin.apply([
    definition("cws", "Cw", ["v2"]),
    definition("foos", "Foo", ["v1"]),
    definition("bars", "Bar", ["v1"]),
    definition("bazs", "Baz", ["v1"]),
    {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: `${api.version}.${api.group}` },
      spec: {
        ...api,
        groupPriorityMinimum: 100,
        versionPriority: 100,
        service: { namespace: "default", name: "missing" },
      },
    },
  ]);
  admin.close();
  cluster = await clusterOf(sharedCluster().kubeconfigPath);
  await eventually("the new kinds are served", async () => {
    const { resources, down } = await cluster.discover(signal);
    const served = resources.filter((resource) => resource.group === group);
    return served.length === 4 && down.some((each) => each.group === api.group);
  });
});
afterAll(async () => {
  cluster.close();
  await sharedCluster().adminKubectl(["delete", "apiservice", `${api.version}.${api.group}`]);
  await sharedCluster().adminKubectl([
    "delete",
    "crd",
    // A CRD deleted this soon after its making may wait minutes for its finalizer; nothing here depends on it.
    "--wait=false",
    ...["cws", "foos", "bars", "bazs"].map((name) => `${name}.${group}`),
  ]);
});

describe("discovery", () => {
  it("finds the kinds of every served version of a group", async () => {
    const { resources } = await cluster.discover(signal);
    const found = resources.filter((resource) => resource.group === group);
    expect(found.map(({ resource, version }) => `${version} ${resource}`).toSorted()).toEqual([
      "v1 bars",
      "v1 bazs",
      "v1 foos",
      "v2 cws",
    ]);
    expect(found.find(({ kind }) => kind === "Cw")).toMatchObject({
      namespaced: true,
      singular: "cw",
      shortNames: ["cwsx"],
      hasStatus: true,
    });
  });

  it("names the API whose server does not answer and finds all the others", async () => {
    const { resources, down } = await cluster.discover(signal);
    expect(down).toEqual([expect.objectContaining({ ...api, resources: [] })]);
    expect(resources.length).toBeGreaterThan(50);
  });

  describe("on a server without the aggregated form", () => {
    let proxy: FaultyKubeProxy;
    beforeAll(async () => {
      proxy = await faultyKubeProxy(sharedCluster(), [
        { when: ({ path }) => path === "/api" || path === "/apis", fault: { stripHeader: "accept" } },
      ]);
    });
    afterAll(() => proxy.stop());

    it("finds the same, one group and version after the other", async () => {
      const old = await clusterOf(proxy.kubeconfigPath);
      const legacy = await old.discover(signal);
      const aggregated = await cluster.discover(signal);
      old.close();
      expect(proxy.requests.map(({ path }) => path)).toContain("/apis/apps/v1");
      const sorted = (list: readonly { group: string; version: string; resource: string }[]) =>
        list.toSorted((a, b) => keyOf(a).localeCompare(keyOf(b)));
      const keyOf = (each: { group: string; version: string; resource: string }) =>
        `${each.group}/${each.version}/${each.resource}`;
      expect(sorted(legacy.resources)).toEqual(sorted(aggregated.resources));
      expect(legacy.down).toEqual([
        expect.objectContaining({ ...api, message: expect.stringContaining("503") }),
      ]);
    });
  });
});
