import { describe, expect, it } from "vitest";
import { servedOwners } from "#core/restore/served-owners.ts";
import { resource } from "#test/doubles/memory-cluster.ts";

const resources = [
  resource("replicasets.apps", "ReplicaSet"),
  resource("configmaps", "ConfigMap"),
  resource("gadgets.example.com", "Gadget", { version: "v2" }),
  resource("gadgets.example.com", "Gadget", { version: "v1" }),
];
const owner = servedOwners({ resources });
const versionOf = (apiVersion: string, kind: string) =>
  owner({ apiVersion, kind, name: "one", uid: "u" })["apiVersion"];

describe("the version in which an owner is named", () => {
  it("is one that the cluster serves: by another its owner would never be found, and never be missed", () => {
    expect(versionOf("apps/v1beta2", "ReplicaSet")).toBe("apps/v1");
    expect(versionOf("extensions/v1beta1", "ReplicaSet")).toBe("apps/v1");
    expect(versionOf("example.com/v1alpha1", "Gadget")).toBe("example.com/v2");
  });

  it("stays where it is served, and where nothing is known of the kind", () => {
    expect(versionOf("example.com/v1", "Gadget")).toBe("example.com/v1");
    expect(versionOf("v1", "ConfigMap")).toBe("v1");
    expect(versionOf("other.example.com/v1alpha1", "Gadget")).toBe("other.example.com/v1alpha1");
    expect(versionOf("apps/v1beta2", "Gadget")).toBe("apps/v1beta2");
  });
});
