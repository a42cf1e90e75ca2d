import { beforeEach, expect, test } from "vitest";
import { readLocations } from "#core/guard/read-locations.ts";
import { Failure } from "#core/model/errors.ts";
import { GUARD } from "#core/model/guard.ts";
import { memoryCatalog } from "#test/doubles/memory-catalog.ts";
import { type MemoryCluster, memoryCluster, resource } from "#test/doubles/memory-cluster.ts";
import { makeRun } from "#test/unit/catalog/backup-fixtures.ts";

const { context } = makeRun();
let cluster: MemoryCluster;
beforeEach(() => {
  cluster = memoryCluster({ resources: [resource("configmaps", "ConfigMap")] });
});

function publish(config: string): void {
  cluster.put("configmaps", {
    metadata: { name: GUARD.locations, namespace: GUARD.namespace },
    data: { [GUARD.locationsKey]: config },
  });
}

/** Locations whose clock answers so, or not. */
function read(serverTime: () => Promise<Date>) {
  const open = async () => ({ ...memoryCatalog(), folders: async function* () {}, serverTime });
  return readLocations({ cluster, clusterIds: {}, open, isDeep: false, monotonicMs: () => 0 }, context);
}

const answers = async () => new Date();

test.each([
  ["refuses", new Failure("location-forbidden", "access denied"), "access denied"],
  ["does not answer", new DOMException("no answer in time", "TimeoutError"), "no answer in time"],
])("a location that %s is told of, and says nothing about the guard", async (_, error, said) => {
  publish("locations:\n  main: s3://main");
  const found = await read(() => Promise.reject(error));
  expect(found).toMatchObject({
    checks: [{ check: "location main", state: "unknown", detail: expect.stringContaining(said) }],
    indexes: [],
    troubles: [`s3://main: ${said}`],
  });
});

test("a defect is not taken for a location's trouble", async () => {
  publish("locations:\n  main: s3://main");
  await expect(read(() => Promise.reject(new TypeError("no function")))).rejects.toThrow("no function");
});

test("all that are published are read", async () => {
  publish("locations:\n  main: s3://main\n  far: s3://far");
  const { checks, indexes, clocks } = await read(answers);
  expect(checks.map(({ check, state }) => [check, state])).toEqual([
    ["location main", "ok"],
    ["location far", "ok"],
  ]);
  expect(indexes.map(({ url }) => url)).toEqual(["s3://main", "s3://far"]);
  expect(clocks.map(({ whose }) => whose)).toEqual(["main", "far"]);
});

test("without any published location the guard has nothing to go by; unread ones may be there", async () => {
  expect((await read(answers)).checks).toMatchObject([{ check: "locations", state: "failed" }]);
  cluster.refuse({ resource: "configmaps", status: 403 });
  const { checks, troubles } = await read(answers);
  expect(checks).toMatchObject([{ check: "locations", state: "unknown" }]);
  expect(troubles).toHaveLength(1);
});
