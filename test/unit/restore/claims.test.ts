import { describe, expect, it } from "vitest";
import {
  type ClaimFacts,
  decideClaim,
  readClaim,
  type StoredClaim,
  type Volume,
} from "#core/restore/claims.ts";

const claim: StoredClaim = { namespace: "app", name: "data", uid: "c1", volume: "pv", ofPod: false };
const volume: Volume = {
  name: "pv",
  uid: "v1",
  phase: "Released",
  reclaimPolicy: "Retain",
  handle: "csi d h",
  claim: { namespace: "app", name: "data", uid: "c1" },
  restoredFrom: "",
};
const facts = (more: Partial<ClaimFacts> = {}): ClaimFacts => ({
  emptyVolumes: false,
  keptElsewhere: new Map(),
  mark: "b/r",
  sameCluster: true,
  mapNamespace: (name) => name,
  exists: () => false,
  storedVolumes: new Map([["pv", { ...volume, phase: "Bound" }]]),
  liveVolumes: new Map(),
  ...more,
});
const live = (more: Partial<Volume>) => new Map([["pv", { ...volume, ...more }]]);

describe("a volume's reclaim policy", () => {
  const policies = ["Retain", "Delete", "Recycle"];
  const cases = policies.flatMap((stored) =>
    [undefined, ...policies].map((inCluster) => ({ stored, inCluster })),
  );

  it.each(cases)(
    "is Retain where it returns to its claim, so that none is to be put back afterwards: $stored, then $inCluster",
    ({ stored, inCluster }) => {
      const { fate } = decideClaim(
        claim,
        facts({
          storedVolumes: new Map([["pv", { ...volume, phase: "Bound", reclaimPolicy: stored }]]),
          ...(inCluster !== undefined && { liveVolumes: live({ reclaimPolicy: inCluster }) }),
        }),
      );
      const returning = inCluster ?? stored;
      const expected = inCluster === undefined ? "static" : "rebind";
      expect(fate).toBe(returning === "Retain" ? expected : "held");
    },
  );
});

describe("the fate of a claim", () => {
  it.each<{ when: string; claim?: Partial<StoredClaim>; facts?: Partial<ClaimFacts>; fate: string }>([
    { when: "it is in the target", facts: { exists: () => true }, fate: "exists" },
    { when: "it is scratch space of a pod", claim: { ofPod: true }, fate: "of-pod" },
    { when: "it was never bound", claim: { volume: "" }, fate: "unbound" },
    { when: "its volume is released and retained", facts: { liveVolumes: live({}) }, fate: "rebind" },
    {
      when: "its volume was freed for it before the restore broke off",
      facts: {
        liveVolumes: live({ phase: "Available", claim: { namespace: "app", name: "data", uid: "" } }),
      },
      fate: "rebind",
    },
    {
      when: "its volume was freed for it, which the controller has not seen yet",
      facts: {
        liveVolumes: live({ phase: "Released", claim: { namespace: "app", name: "data", uid: "" } }),
      },
      fate: "rebind",
    },
    {
      when: "another volume of that name waits for it",
      facts: {
        liveVolumes: live({
          uid: "v2",
          phase: "Available",
          claim: { namespace: "app", name: "data", uid: "" },
        }),
      },
      fate: "held",
    },
    {
      when: "another volume of that name lies on another disk",
      facts: {
        liveVolumes: live({ uid: "v2", handle: "csi d other", phase: "Available", claim: undefined }),
      },
      fate: "held",
    },
    {
      when: "this restore has brought its volume back before it broke off",
      facts: { liveVolumes: live({ uid: "v2", phase: "Available", restoredFrom: "b/r" }) },
      fate: "static",
    },
    {
      when: "another restore has brought its volume back",
      facts: { liveVolumes: live({ uid: "v2", phase: "Available", restoredFrom: "b/s" }) },
      fate: "held",
    },
    {
      when: "its volume will be deleted",
      facts: { liveVolumes: live({ reclaimPolicy: "Delete" }) },
      fate: "held",
    },
    {
      when: "its volume is bound to somebody",
      facts: { liveVolumes: live({ phase: "Bound" }) },
      fate: "held",
    },
    {
      when: "its volume was released by a namesake",
      facts: { liveVolumes: live({ claim: { namespace: "app", name: "data", uid: "c2" } }) },
      fate: "held",
    },
    {
      when: "its volume is released but the copy has another name",
      facts: { liveVolumes: live({}), mapNamespace: () => "copy" },
      fate: "held",
    },
    { when: "its volume is gone and was retained", fate: "static" },
    { when: "its volume is gone and the cluster is another", facts: { sameCluster: false }, fate: "held" },
    {
      when: "its volume is gone and was deleted",
      facts: { storedVolumes: new Map([["pv", { ...volume, reclaimPolicy: "Delete" }]]) },
      fate: "held",
    },
    {
      when: "its volume is gone and another lies on its handle",
      facts: { liveVolumes: new Map([["other", { ...volume, name: "other" }]]) },
      fate: "held",
    },
    { when: "its volume is not in the backup", facts: { storedVolumes: new Map() }, fate: "held" },
    { when: "it may be empty", facts: { emptyVolumes: true, sameCluster: false }, fate: "empty" },
    {
      when: "it may be empty by name",
      facts: { emptyVolumes: ["app/data"], sameCluster: false },
      fate: "empty",
    },
    { when: "another may be empty", facts: { emptyVolumes: ["app/x"], sameCluster: false }, fate: "held" },
  ])("is $fate when $when", ({ claim: more, facts: given, fate }) => {
    expect(decideClaim({ ...claim, ...more }, facts(given)).fate).toBe(fate);
  });
});

it.each([
  { of: "a pod's own volume", name: "web-7f-scratch", owner: { kind: "Pod", name: "web-7f" }, ofPod: true },
  // With whenScaled: Delete a StatefulSet has the pod that goes own its claim.
  { of: "a StatefulSet's pod", name: "data-db-1", owner: { kind: "Pod", name: "db-1" }, ofPod: false },
  { of: "a StatefulSet", name: "data-db-1", owner: { kind: "StatefulSet", name: "db" }, ofPod: false },
])("a claim of $of is told from others", ({ name, owner, ofPod }) => {
  const metadata = { name, namespace: "app", ownerReferences: [{ ...owner, controller: true }] };
  expect(readClaim({ metadata }).ofPod).toBe(ofPod);
});
