import { afterAll, beforeAll, expect, test } from "vitest";
import { type GuardedCluster, NAMESPACES, startGuardedCluster } from "#test/fixtures/guarded-cluster.ts";
import { eventually } from "#test/harness/eventually.ts";
import { type Scratch, scratchDirectory } from "#test/harness/scratch.ts";

// A cluster of its own: hardly anything is left of it.
let cluster: GuardedCluster;
let location: Scratch;

beforeAll(async () => {
  location = await scratchDirectory("location");
  cluster = await startGuardedCluster({ locations: [`file://${location.path}`] });
});

afterAll(async () => {
  await cluster?.stop();
  await location?.remove();
});

test("of kubectl delete ns --all each protected namespace is refused by name, and all others go", async () => {
  const [kept, free] = [
    await Promise.all(Array.from({ length: 10 }, () => cluster.namespace())),
    await Promise.all(Array.from({ length: 10 }, () => cluster.namespace({}))),
  ];
  const told = await cluster.plane
    .adminKubectl(["delete", "namespaces", "--all", "--wait=false"])
    .catch((error: Error) => error.message);
  // Why is not held: the guard's own namespace is one of the first to go, and five seconds later its account is gone, without
  // which it cannot tell.
  for (const name of kept) expect(told).toContain(`denied the request: namespace ${name} is protected`);
  for (const name of free) expect(told).toContain(`namespace "${name}" deleted`);
  await eventually("those that nobody protects are gone", async () => {
    const found = await Promise.all(free.map((name) => cluster.admin.find(`${NAMESPACES}/${name}`)));
    return found.every((namespace) => namespace === undefined);
  });
  for (const name of kept)
    expect((await cluster.admin.get(`${NAMESPACES}/${name}`))["status"]).toMatchObject({ phase: "Active" });
});
