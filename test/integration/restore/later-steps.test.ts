import { afterAll, beforeAll, expect, it } from "vitest";
import type { Cluster } from "#core/kube/cluster.ts";
import type { ItemKind } from "#core/model/item.ts";
import { finishObjects } from "#core/restore/finish.ts";
import { openFinishBook } from "#core/restore/finish-book.ts";
import { openOwnerBook } from "#core/restore/owners.ts";
import type { RestoreRun } from "#core/restore/restore-run.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { customKind, namespace, openRig, type Rig } from "./rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await openRig(sharedCluster());
});
afterAll(() => rig.stop());

/** The end of a restore that has created these objects. */
function runWith(cluster: Cluster, steps: RestoreRun["finish"]["steps"]): RestoreRun {
  const finish = { ...openFinishBook(), steps };
  const signal = new AbortController().signal;
  // Nothing else is looked at where no owner is unknown.
  return { cluster, finish, signal, owners: openOwnerBook(new Set(), new Map()) } as unknown as RestoreRun;
}

it("writes no status onto another object that has taken the name, and names it", async () => {
  const [app, custom] = [uniqueName("app"), await customKind(rig)];
  await rig.client.apply([namespace(app)]);
  const path = custom.path(app);
  const make = () => rig.client.create(path, { ...custom.type, metadata: { name: "one" } });
  const status = async () => (await rig.client.get(`${path}/one`))["status"];
  const first = await make();
  const kind: ItemKind = custom.kind;
  const { uid, resourceVersion } = first.metadata;
  const pending = {
    ref: { resource: kind, namespace: app, name: "one" },
    uid: String(uid),
    resourceVersion: String(resourceVersion),
    steps: [{ name: "status", patch: { status: { phase: "Good" } }, subresource: "status" as const }],
  };
  await rig.client.delete(`${path}/one`);
  await make();
  const late = runWith(rig.cluster, [pending]);
  await finishObjects(late);
  expect(late.finish.troubles).toEqual([expect.stringMatching(/one: changed meanwhile/)]);
  expect(await status()).toBeUndefined();

  await rig.client.delete(`${path}/one`);
  const second = await make();
  await rig.client.patch(`${path}/one`, { spec: { touched: true } }, "merge");
  const onTime = runWith(rig.cluster, [{ ...pending, uid: String(second.metadata["uid"]) }]);
  await finishObjects(onTime);
  expect(onTime.finish.troubles).toEqual([]);
  expect(await status()).toEqual({ phase: "Good" });
  await custom.remove();
});
