import { describe, expect, it } from "vitest";
import { destroyedWith } from "#core/restore/data-keepers.ts";

const kindOf = (name: string) => {
  const [resource = "", ...group] = name.split(".");
  return { group: group.join("."), resource };
};
const live = (spec: object = {}) => ({ metadata: { uid: "u" }, spec: { ...spec } });
const NOBODY: ReadonlySet<string> = new Set();

describe("what recreate would have to delete", () => {
  it.each([
    "namespaces",
    "customresourcedefinitions.apiextensions.k8s.io",
    "persistentvolumes",
    "persistentvolumeclaims",
    "volumesnapshots.snapshot.storage.k8s.io",
    "volumesnapshotcontents.snapshot.storage.k8s.io",
    "volumegroupsnapshots.groupsnapshot.storage.k8s.io",
    "volumegroupsnapshotcontents.groupsnapshot.storage.k8s.io",
    "nodes",
  ])("is never one of the %s, whatever owns it", (name) => {
    expect(destroyedWith(kindOf(name), live(), NOBODY)).toMatchObject({
      reason: "recreate-would-destroy-data",
      message: expect.stringContaining("it is left as it is"),
    });
  });

  it("is no StatefulSet that takes its claims along, and any other one", () => {
    const set = (whenDeleted: string) =>
      destroyedWith(
        kindOf("statefulsets.apps"),
        live({ persistentVolumeClaimRetentionPolicy: { whenDeleted } }),
        NOBODY,
      );
    expect(set("Delete")).toMatchObject({ reason: "recreate-would-destroy-data" });
    expect(set("Retain")).toBeUndefined();
  });

  it("is no object that data belongs to, and may be any other", () => {
    expect(destroyedWith(kindOf("configmaps"), live(), new Set(["u"]))).toMatchObject({
      reason: "recreate-would-destroy-data",
    });
    expect(destroyedWith(kindOf("configmaps"), live(), new Set(["v"]))).toBeUndefined();
    // Of a group of its own: another kind of the name holds no data.
    expect(destroyedWith(kindOf("nodes.example.com"), live(), NOBODY)).toBeUndefined();
  });
});
