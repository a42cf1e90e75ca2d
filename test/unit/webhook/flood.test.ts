import { expect, test } from "vitest";
import type { Cluster, WriteReply } from "#core/kube/cluster.ts";
import { bindClaim } from "#test/doubles/bound-claim.ts";
import { memoryCluster } from "#test/doubles/memory-cluster.ts";
import { openLiveClaims } from "#webhook/live-claims.ts";
import { openMayUnprotect } from "#webhook/may-unprotect.ts";

// Whoever may send reviews may send many: dry runs of deletions cost their sender nothing.
const { signal } = new AbortController();
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("a thousand reviews of one namespace at once read its claims twice: once under way, once after they asked", async () => {
  const cluster = memoryCluster();
  const liveClaims = openLiveClaims(cluster, signal);
  const first = liveClaims("shop");
  await settled();
  cluster.put("persistentvolumeclaims", {
    metadata: { name: "data", namespace: "shop", uid: "data-uid" },
    spec: { volumeName: "disk" },
  });
  const flood = await Promise.all([first, ...Array.from({ length: 999 }, () => liveClaims("shop"))]);
  expect(cluster.requests.filter((request) => request.startsWith("list"))).toHaveLength(2);
  // What was bound before they asked is seen by all of them.
  expect(flood.slice(1).every(([claim]) => claim?.name === "data")).toBe(true);
});

test("a thousand reviews of as many namespaces at once read the claims of all by one list", async () => {
  const cluster = memoryCluster();
  const liveClaims = openLiveClaims(cluster, signal);
  await Promise.all(Array.from({ length: 1000 }, (_, n) => liveClaims(`shop-${n}`)));
  expect(cluster.requests).toEqual(["list persistentvolumeclaims *"]);
});

test("in a cluster of many claims they are read by namespace, eight at a time", async () => {
  let [underWay, most] = [0, 0];
  const cluster = memoryCluster();
  for (let n = 0; n <= 500; n++) bindClaim(cluster, { namespace: "huge", name: `data-${n}` });
  cluster.onList = async () => {
    underWay += 1;
    most = Math.max(most, underWay);
    await settled();
    underWay -= 1;
  };
  const liveClaims = openLiveClaims(cluster, signal);
  await Promise.all(Array.from({ length: 100 }, (_, n) => liveClaims(`shop-${n}`)));
  expect(most).toBe(8);
});

test("rights are asked for four at a time, and for nobody who no longer waits", async () => {
  const asked: (() => void)[] = [];
  const create: Cluster["create"] = () => {
    const { promise, resolve } = Promise.withResolvers<WriteReply>();
    const body = Buffer.from(JSON.stringify({ status: { allowed: true } }));
    asked.push(() => resolve({ ok: true, status: 201, body, warnings: [] }));
    return promise;
  };
  const mayUnprotect = openMayUnprotect({ create });
  const given = new AbortController();
  const requester = { username: "alice" };
  const flood = Array.from({ length: 20 }, () => mayUnprotect(requester, "shop", given.signal));
  const outcomes = Promise.allSettled(flood);
  await settled();
  expect(asked).toHaveLength(4);
  given.abort();
  for (const answer of asked) answer();
  const answered = (await outcomes).filter(({ status }) => status === "fulfilled");
  expect(answered).toHaveLength(4);
  expect(asked).toHaveLength(4);
});
