import { expect, test } from "vitest";
import type { ListSummary } from "#core/kube/cluster.ts";
import { bindClaim } from "#test/doubles/bound-claim.ts";
import { type MemoryCluster, memoryCluster } from "#test/doubles/memory-cluster.ts";
import { openLiveClaims } from "#webhook/live-claims.ts";

// A claim that nobody saw lets a namespace go whose data no backup holds.
const { signal } = new AbortController();
const ALL = "list persistentvolumeclaims *";
const settled = () => new Promise((resolve) => setImmediate(resolve));
const listsOf = ({ requests }: MemoryCluster) => requests.filter((request) => request.startsWith("list"));

function askAtOnce(cluster: MemoryCluster, monotonicMs = () => 0) {
  const liveClaims = openLiveClaims(cluster, signal, monotonicMs);
  return (...namespaces: string[]) => Promise.all(namespaces.map(liveClaims));
}

test("each namespace is told its own claims out of one list of all", async () => {
  const cluster = memoryCluster();
  bindClaim(cluster, { namespace: "shop", name: "data" });
  bindClaim(cluster, { namespace: "shop", name: "kept", policy: "Retain" });
  bindClaim(cluster, { namespace: "bank", name: "data" });
  bindClaim(cluster, { namespace: "mint", name: "data" });
  cluster.put("persistentvolumeclaims", { metadata: { namespace: "bank", name: "unbound" }, spec: {} });
  const [shop, bank, empty] = await askAtOnce(cluster)("shop", "bank", "empty");
  expect(shop).toEqual([
    { name: "data", uid: "uid-of-shop-data", isRetained: false },
    { name: "kept", uid: "uid-of-shop-kept", isRetained: true },
  ]);
  expect(bank).toEqual([{ name: "data", uid: "uid-of-bank-data", isRetained: false }]);
  expect(empty).toEqual([]);
  expect(listsOf(cluster)).toEqual([ALL, "list persistentvolumes *"]);
});

test("a claim bound while a list of all was under way is seen by whoever asks after that", async () => {
  const cluster = memoryCluster();
  const liveClaims = openLiveClaims(cluster, signal);
  const answered: string[] = [];
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const { list } = cluster;
  cluster.list = async function* (request) {
    // The first answer is of now, and comes late.
    const batches = await Array.fromAsync(list(request));
    if (answered.push(request.resource.resource) === 1) await held;
    yield* batches;
    return {} as ListSummary;
  };
  const early = Promise.all(["shop", "bank"].map(liveClaims));
  while (answered.length === 0) await settled();
  bindClaim(cluster, { namespace: "shop", name: "data" });
  const late = Promise.all(["bank", "shop"].map(liveClaims));
  release();
  expect(await early).toEqual([[], []]);
  const [bank, shop] = await late;
  expect(bank).toEqual([]);
  expect(shop?.map(({ name }) => name)).toEqual(["data"]);
});

test("where nobody may list the claims of all namespaces, each is asked for by itself", async () => {
  const cluster = memoryCluster();
  cluster.refuse({ resource: "persistentvolumeclaims", namespace: "", status: 403 });
  bindClaim(cluster, { namespace: "shop", name: "data" });
  const [shop, bank] = await askAtOnce(cluster)("shop", "bank");
  expect(shop?.map(({ name }) => name)).toEqual(["data"]);
  expect(bank).toEqual([]);
});

test("where nobody may list volumes, each is asked for by itself", async () => {
  const cluster = memoryCluster();
  cluster.refuseLists("persistentvolumes");
  bindClaim(cluster, { namespace: "shop", name: "data", policy: "Retain" });
  const [shop] = await askAtOnce(cluster)("shop", "bank");
  expect(shop).toEqual([{ name: "data", uid: "uid-of-shop-data", isRetained: true }]);
});

test("a cluster with more claims than ten for each who waits is listed whole again after a minute, or for more", async () => {
  const cluster = memoryCluster();
  for (let n = 0; n < 30; n++) bindClaim(cluster, { namespace: "huge", name: `data-${n}` });
  let nowMs = 0;
  const ask = askAtOnce(cluster, () => nowMs);
  const triesFor = async (...namespaces: string[]) => {
    const before = listsOf(cluster).filter((list) => list === ALL).length;
    await ask(...namespaces);
    return listsOf(cluster).filter((list) => list === ALL).length - before;
  };
  expect(await triesFor("shop", "bank")).toBe(1);
  expect(await triesFor("shop", "bank")).toBe(0);
  expect(await triesFor("shop", "bank", "mint")).toBe(1);
  nowMs = 60_000;
  expect(await triesFor("shop", "bank")).toBe(1);
});

test("the claims of a namespace that could not be read are nobody's answer", async () => {
  const cluster = memoryCluster();
  cluster.refuse({ resource: "persistentvolumeclaims", status: 500 });
  await expect(askAtOnce(cluster)("shop", "bank")).rejects.toThrow("list persistentvolumeclaims");
});
