import { afterAll, beforeAll, expect, it } from "vitest";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { configMap, namespace, openRig, type Rig } from "./rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await openRig(sharedCluster());
});
afterAll(() => rig.stop());

const signal = new AbortController().signal;
const context = { signal, now: () => new Date(), onProgress: () => undefined };

it("an object that was being deleted is flagged in the backup, and a restore leaves it away and says so", async () => {
  const [app, copy] = [uniqueName("app"), uniqueName("copy")];
  const going = `/api/v1/namespaces/${app}/configmaps/going`;
  const held = { namespace: app, name: "going", finalizers: ["example.com/hold"] };
  await rig.client.apply([
    namespace(app),
    configMap(app, "staying"),
    { ...configMap(app, "going"), metadata: held },
  ]);
  await rig.client.request("DELETE", going);
  expect((await rig.client.get(going)).metadata["deletionTimestamp"]).toBeDefined();
  const name = await rig.backUp([app]);
  await rig.client.patch(going, { metadata: { finalizers: null } }, "merge");

  const backup = await rig.catalog.open(name, context);
  const flags = new Map<string, boolean>();
  for (const kind of backup.kinds.filter(({ resource }) => resource === "configmaps")) {
    for await (const batch of backup.items(kind))
      for (const item of batch) flags.set(item.name, item.terminating);
  }
  await backup.close();
  expect(Object.fromEntries(flags)).toMatchObject({ going: true, staying: false });

  const { plan } = await rig.prepare(name, { namespaceMapping: { [app]: copy } });
  const report = await rig.restore(name, { namespaceMapping: { [app]: copy } });
  expect(report).toMatchObject({ complete: true, failed: [] });
  const planned = plan.kinds.find(({ resource }) => resource === "configmaps");
  expect(planned?.skipped).toMatchObject({ terminating: 1 });
  expect(report.reasons).toMatchObject({ terminating: 1 });
  const there = await rig.client.list(`/api/v1/namespaces/${copy}/configmaps`);
  expect(there.map((object) => object.metadata.name)).toEqual(expect.arrayContaining(["staying"]));
  expect(there.map((object) => object.metadata.name)).not.toContain("going");
});
