import { describe, expect, it } from "vitest";
import { type DecisionFacts, decideItem } from "#core/restore/decide.ts";
import type { LiveMark } from "#core/restore/existing.ts";
import { readLiveDigests } from "#core/restore/live-digests.ts";
import type { ClaimFate, OwnerFate } from "#core/restore/rule.ts";
import type { SelectedKind } from "#core/restore/select.ts";
import { tallyPlan } from "#core/restore/tally.ts";
import { factsFor, storedItem } from "./rules-fixture.ts";
import { scriptedCluster } from "./scripted-cluster.ts";

const held: ClaimFate = { fate: "held", message: "its data is nowhere" };

function factsWith(live: LiveMark | undefined): DecisionFacts {
  return {
    rules: factsFor({}, { claims: new Map([["app/one", held]]) }),
    existing: { find: () => live, defaultClasses: new Map(), warnings: [] },
    targetKind: (kind) => ({ served: true, kind }),
    held: new Map([["deployments.apps app/one", "mounts data"]]),
  };
}

const leaving: LiveMark = { uid: "dying", terminating: true };
const staying: LiveMark = { uid: "living", terminating: false };

describe("what is being deleted in the target", () => {
  const claim = storedItem({ resource: "persistentvolumeclaims", kind: "PersistentVolumeClaim" });
  const deployment = storedItem({ group: "apps", resource: "deployments", kind: "Deployment" });

  it.each([
    ["a claim", claim],
    ["a workload that mounts one", deployment],
  ])("does not let %s be created without its data", (_, item) => {
    expect(decideItem(item, factsWith(leaving))).toMatchObject({ do: "hold" });
    expect(decideItem(item, factsWith(undefined))).toMatchObject({ do: "hold" });
    expect(decideItem(item, factsWith(staying))).toMatchObject({ do: "write" });
  });

  it("is nobody's owner: the child would be deleted with it", async () => {
    const owner = storedItem({ uid: "old" });
    const kind: SelectedKind = {
      kind: owner,
      count: 1,
      pulledIn: false,
      batches: async function* () {
        yield [owner];
      },
    };
    const owners = new Map<string, OwnerFate>();
    const request = { ownerUids: new Set(["old"]), owners, unmet: new Map() };
    const tally = await tallyPlan([kind], factsWith(leaving), request);
    expect([...tally.liveOwners]).toEqual([]);
    expect([...owners]).toEqual([["old", "created"]]);
    expect((await tallyPlan([kind], factsWith(staying), request)).liveOwners.get("old")).toBe("living");
  });

  it("is not compared with: what equals it has to be created again", async () => {
    const object = (name: string, more: object) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace: "app", uid: name, ...more },
    });
    const list = [object("stays", {}), object("leaves", { deletionTimestamp: "2026-01-01T00:00:00Z" })];
    const { cluster } = scriptedCluster({ list });
    const signal = new AbortController().signal;
    const states = await readLiveDigests(cluster, { kind: storedItem({}), namespaces: ["app"], signal });
    expect([...states.keys()]).toEqual(["app/stays"]);
  });
});
