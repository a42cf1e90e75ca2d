import { expect, it } from "vitest";
import { openMappingUse } from "#core/restore/mapping/mapping-use.ts";
import type { ClaimFate } from "#core/restore/rule.ts";
import { sent, transformed } from "#test/unit/restore/rules-fixture.ts";

const request = { storageClassMapping: { slow: "fast" } };
const metadata = {
  name: "one",
  namespace: "app",
  annotations: { "volume.beta.kubernetes.io/storage-class": "slow" },
};
const spec = { storageClassName: "slow" };
const fast = {
  metadata: { annotations: { "volume.beta.kubernetes.io/storage-class": "fast" } },
  spec: { storageClassName: "fast" },
};

it("claims and volumes get the other class, in the field and in the old annotation", () => {
  expect(sent({ resource: "persistentvolumeclaims", object: { metadata, spec }, request })).toMatchObject(
    fast,
  );
  const volume = { metadata: { name: "one", annotations: metadata.annotations }, spec };
  expect(sent({ resource: "persistentvolumes", object: volume, request })).toMatchObject(fast);
});

it("claim templates of StatefulSets and of pods' scratch volumes get it too", () => {
  const template = { metadata: { name: "data" }, spec };
  const volumes = [{ name: "scratch", ephemeral: { volumeClaimTemplate: { spec } } }];
  const object = {
    metadata,
    spec: { volumeClaimTemplates: [template], template: { spec: { volumes } } },
  };
  expect(sent({ resource: "statefulsets", group: "apps", object, request })["spec"]).toEqual({
    volumeClaimTemplates: [{ metadata: { name: "data" }, spec: fast.spec }],
    template: {
      spec: { volumes: [{ name: "scratch", ephemeral: { volumeClaimTemplate: { spec: fast.spec } } }] },
    },
  });
});

it("a claim whose volume is still in the cluster keeps its class: it binds no other", () => {
  const fate: ClaimFate = { fate: "rebind", volume: "pv" };
  const facts = { claims: new Map([["app/one", fate]]) };
  const object = { metadata, spec };
  expect(sent({ resource: "persistentvolumeclaims", object, request, facts })["spec"]).toEqual({
    storageClassName: "slow",
    volumeName: "pv",
  });
  expect(transformed({ resource: "persistentvolumeclaims", object, request, facts })).toMatchObject({
    warnings: ["its storage class stays slow: its volume is still there, of that class"],
  });
});

it("mappings that meet nothing are told, and none that meets something", () => {
  const mappings = {
    storageClassMapping: { slow: "fast", sloww: "fast" },
    imageMapping: { "a.io": "b.io", "a.io/x": "c.io" },
  };
  const use = openMappingUse(mappings);
  expect(use.idle()).toHaveLength(2);
  use.note({ group: "", resource: "persistentvolumeclaims" }, { spec });
  use.note({ group: "", resource: "pods" }, { spec: { containers: [{ image: "a.io/y" }] } });
  expect(use.idle()).toEqual([
    "--storage-class-mapping: nothing that is to be restored is of the class sloww",
    "--image-mapping: nothing that is to be restored runs images of a.io/x",
  ]);
});
