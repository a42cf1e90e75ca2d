import { describe, expect, it } from "vitest";
import { collectionPath, objectPath, withQuery } from "#core/kube/resource-url.ts";

const pods = { group: "", version: "v1", resource: "pods", kind: "Pod", namespaced: true };
const roles = {
  group: "rbac.authorization.k8s.io",
  version: "v1",
  resource: "roles",
  kind: "Role",
  namespaced: true,
};

describe("the URL of a resource", () => {
  it("lies below /api for the core group and below /apis for the others", () => {
    expect(collectionPath(pods, "app")).toBe("/api/v1/namespaces/app/pods");
    expect(collectionPath(roles)).toBe("/apis/rbac.authorization.k8s.io/v1/roles");
    expect(collectionPath(roles, "")).toBe("/apis/rbac.authorization.k8s.io/v1/roles");
  });

  it("holds any name", () => {
    const name = "a b/ü🚀\n?#%";
    const path = objectPath({ resource: roles, namespace: "app", name }, "status");
    expect(path.split("/").slice(0, 7).join("/")).toBe(
      "/apis/rbac.authorization.k8s.io/v1/namespaces/app/roles",
    );
    expect(decodeURIComponent(path.split("/")[7] ?? "")).toBe(name);
    expect(path.endsWith("/status")).toBe(true);
  });

  it("has a query of what is given", () => {
    expect(
      withQuery("/x", { limit: 5, continue: "", labelSelector: "a in (b,c)", watch: undefined, dry: false }),
    ).toBe("/x?limit=5&labelSelector=a%20in%20(b%2Cc)");
    expect(withQuery("/x", {})).toBe("/x");
  });
});
