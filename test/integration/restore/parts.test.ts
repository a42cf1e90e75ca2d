import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "#test/harness/eventually.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { configMap, customKind, namespace, openRig, type Rig } from "./rig.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await openRig(sharedCluster());
});
afterAll(() => rig.stop());

const MADE_BY_THE_CLUSTER = new Set(["kube-root-ca.crt", "default"]);

async function names(path: string): Promise<readonly string[]> {
  const listed = await rig.client.list(path);
  return listed
    .map(({ metadata }) => metadata.name)
    .filter((name) => !MADE_BY_THE_CLUSTER.has(name))
    .sort();
}

/** Two namespaces with the same objects and an object of a kind of its own, saved and lost, the kind too. */
async function lost() {
  const stem = uniqueName("part");
  const [one, two] = [`${stem}-one`, `${stem}-two`];
  const gadgets = await customKind(rig);
  for (const ns of [one, two]) {
    await rig.client.apply([
      namespace(ns, { labels: { team: "a" } }),
      configMap(ns, "a", { metadata: { namespace: ns, name: "a", labels: { keep: "yes" } } }),
      configMap(ns, "b"),
      { apiVersion: "v1", kind: "Secret", metadata: { namespace: ns, name: "a" } },
    ]);
    await rig.client.create(gadgets.path(ns), { ...gadgets.type, metadata: { namespace: ns, name: "g" } });
  }
  const backup = await rig.backUp([`${stem}-*`]);
  await rig.removeNamespace(one);
  await rig.removeNamespace(two);
  await gadgets.remove();
  // Discovery goes on naming a kind for a moment after its definition has gone.
  await eventually("the kind to be forgotten", async () => {
    const { resources } = await rig.cluster.discover(new AbortController().signal);
    return !resources.some(({ group }) => group === gadgets.kind.group);
  });
  const found = async (ns: string) => {
    const core = `/api/v1/namespaces/${ns}`;
    const served = (await rig.client.request("GET", gadgets.path(ns))).status === 200;
    return {
      exists: (await rig.client.find(core)) !== undefined,
      configMaps: await names(`${core}/configmaps`),
      secrets: await names(`${core}/secrets`),
      gadgets: served ? await names(gadgets.path(ns)) : "the kind is not served",
    };
  };
  return { stem, one, two, gadgets, backup, found };
}

const NONE = { exists: false, configMaps: [], secrets: [], gadgets: "the kind is not served" };

describe("a part of a backup", () => {
  it("that is one kind brings its objects and their namespaces, and nothing else", async () => {
    const { one, two, backup, found } = await lost();
    const report = await rig.restore(backup, { selection: { includeResources: ["configmaps"] } });
    expect(report).toMatchObject({ complete: true });
    const expected = { ...NONE, exists: true, configMaps: ["a", "b"] };
    expect(await found(one)).toEqual(expected);
    expect(await found(two)).toEqual(expected);
  });

  it("that is one object brings it and its namespace, with the namespace's labels", async () => {
    const { one, two, backup, found } = await lost();
    const selection = { includeNamespaces: [one], includeResources: ["configmap/b"] };
    const report = await rig.restore(backup, { selection });
    expect(report).toMatchObject({ complete: true, counts: { created: 2 } });
    expect(await found(one)).toEqual({ ...NONE, exists: true, configMaps: ["b"] });
    expect(await found(two)).toEqual(NONE);
    const restored = await rig.client.get(`/api/v1/namespaces/${one}`);
    expect(restored.metadata["labels"]).toMatchObject({ team: "a" });
  });

  it("that is named by a label brings what bears it", async () => {
    const { one, backup, found } = await lost();
    await rig.restore(backup, { selection: { labelSelector: "keep=yes" } });
    expect(await found(one)).toEqual({ ...NONE, exists: true, configMaps: ["a"] });
  });

  it("that is a glob of namespaces brings those whole, and the definitions of what lies in them", async () => {
    const { stem, one, two, backup, found } = await lost();
    const report = await rig.restore(backup, { selection: { includeNamespaces: [`${stem}-o?e`] } });
    expect(report).toMatchObject({ complete: true, missing: [] });
    expect(await found(one)).toEqual({
      exists: true,
      configMaps: ["a", "b"],
      secrets: ["a"],
      gadgets: ["g"],
    });
    expect(await found(two)).toMatchObject({ exists: false, configMaps: [], gadgets: [] });
  });

  it("of a kind that the target does not know brings its definition, in all namespaces too", async () => {
    const { one, two, gadgets, backup, found } = await lost();
    const { resource, group } = gadgets.kind;
    const report = await rig.restore(backup, { selection: { includeResources: [`${resource}.${group}`] } });
    expect(report).toMatchObject({ complete: true, missing: [] });
    const expected = { ...NONE, exists: true, gadgets: ["g"] };
    expect(await found(one)).toEqual(expected);
    expect(await found(two)).toEqual(expected);
  });

  it("leaves namespaces and definitions alone that are there, whatever the policy", async () => {
    const { one, backup } = await lost();
    const made = await rig.client.create("/api/v1/namespaces", namespace(one, { labels: { team: "b" } }));
    const selection = { includeNamespaces: [one], includeResources: ["configmap/b"] };
    const report = await rig.restore(backup, { selection, existing: "update" });
    expect(report).toMatchObject({ complete: true, counts: { created: 1, updated: 0 } });
    const { metadata } = await rig.client.get(`/api/v1/namespaces/${one}`);
    expect(metadata.resourceVersion).toBe(made.metadata.resourceVersion);
  });
});
