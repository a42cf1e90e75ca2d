import { describe, expect, it } from "vitest";
import { openFinishBook } from "#core/restore/finish-book.ts";
import { rebindVolumes } from "#core/restore/rebind-volumes.ts";
import type { RestoreRun } from "#core/restore/restore-run.ts";
import type { ClaimFate } from "#core/restore/rule.ts";
import { scriptedCluster } from "./scripted-cluster.ts";

/** Frees `disk` for its claim, where the cluster has this volume, or none. */
async function freed(volume: object | undefined, patch: Parameters<typeof scriptedCluster>[0] = {}) {
  const { cluster, sent } = scriptedCluster({ get: [volume], ...patch });
  const claims = new Map<string, ClaimFate>([
    ["shop/data", { fate: "rebind", volume: "disk" }],
    ["shop/new", { fate: "unbound" }],
  ]);
  const finish = openFinishBook();
  // Of a run no more is read here.
  const run = { cluster, finish, prepared: { facts: { rules: { claims } } }, signal: AbortSignal.any([]) };
  await rebindVolumes(run as unknown as RestoreRun);
  return { sent, troubles: finish.troubles };
}

const volume = (phase: string) => ({
  metadata: { name: "disk", uid: "u", resourceVersion: "5" },
  spec: { claimRef: { namespace: "shop", name: "data", uid: "old", resourceVersion: "3" } },
  status: { phase },
});

describe("a released volume that is to be bound again", () => {
  it("loses no more than the old claim's identity, and only in the very state that was seen", async () => {
    const { sent, troubles } = await freed(volume("Released"));
    expect(sent).toEqual([
      {
        verb: "patch",
        body: {
          metadata: { uid: "u", resourceVersion: "5" },
          spec: { claimRef: { uid: null, resourceVersion: null } },
        },
      },
    ]);
    expect(troubles).toEqual([]);
  });

  it.each(["Bound", "Available", "Failed"])("is left alone where it is %s by now", async (phase) => {
    expect((await freed(volume(phase))).sent).toEqual([]);
  });

  it("is left alone where it is gone, and named where the server refuses", async () => {
    expect(await freed(undefined)).toEqual({ sent: [], troubles: [] });
    const refused = { patch: [{ refused: 409, message: "the object has been modified" }] };
    expect((await freed(volume("Released"), refused)).troubles).toEqual([
      "persistentvolumes disk: the object has been modified",
    ]);
  });
});
