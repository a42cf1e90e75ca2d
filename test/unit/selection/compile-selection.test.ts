import { describe, expect, test } from "vitest";
import { Failure } from "#core/model/errors.ts";
import { selection } from "#core/model/selection.ts";
import { compileSelection } from "#core/selection/compile-selection.ts";
import { resolveResource } from "#core/selection/resource-names.ts";
import { coreResources, resource } from "#test/doubles/memory-cluster.ts";

const kinds = [
  ...coreResources,
  resource("deployments.apps", "Deployment", { version: "v1beta1" }),
  resource("services.serving.example.com", "Service", { shortNames: ["ksvc"] }),
];
const compile = (request: Parameters<typeof selection.parse>[0]) =>
  compileSelection(selection.parse(request), kinds);
const configMaps = { group: "", resource: "configmaps" };
const secrets = { group: "", resource: "secrets" };

describe("resolveResource", () => {
  test.each([
    ["cm", "configmaps", undefined],
    ["ConfigMap", "configmaps", undefined],
    ["configmap", "configmaps", undefined],
    ["deploy", "deployments.apps", undefined],
    ["deployments.apps", "deployments.apps", undefined],
    ["Deployment.v1beta1.apps", "deployments.apps", undefined],
    ["services", "services", undefined],
    ["service.serving.example.com", "services.serving.example.com", undefined],
    ["secret/a", "secrets", "a"],
    ["clusterrole/system:node", "clusterroles.rbac.authorization.k8s.io", "system:node"],
  ])("understands %s", (word, expected, name) => {
    expect(resolveResource(word, kinds)).toMatchObject({ groupResource: expected, name });
  });

  test("names the nearest kinds when a word means none", () => {
    const attempt = () => resolveResource("deploymnt", kinds);
    expect(attempt).toThrow(Failure);
    expect(attempt).toThrow(
      expect.objectContaining({ code: "kind-unknown", hint: expect.stringContaining("deployments.apps") }),
    );
    expect(() => resolveResource("deployments.batch", kinds)).toThrow(Failure);
    expect(() => resolveResource("zzzzzzz", kinds)).toThrow(
      expect.objectContaining({ code: "kind-unknown" }),
    );
    expect(() => resolveResource("cm/", kinds)).toThrow(expect.objectContaining({ code: "usage" }));
  });
});

describe("compileSelection", () => {
  test("an empty selection takes everything", () => {
    const all = compile({});
    expect(all.takesAllNamespaces).toBe(true);
    expect(all.clusterScope).toBe("all");
    expect(all.kindShare(secrets)).toEqual({ take: "all" });
    expect(all.includesNamespace("x")).toBe(true);
    expect(all.matchesLabels({})).toBe(true);
    expect(all.narrowsLabels).toBe(false);
  });

  test("everything cluster-scoped stays in when namespaces are only excluded, and goes when they are chosen", () => {
    expect(compile({ excludeNamespaces: ["kube-*"] }).clusterScope).toBe("all");
    expect(compile({ includeNamespaces: ["*"] }).clusterScope).toBe("all");
    expect(compile({ includeNamespaces: ["shop"] }).clusterScope).toBe("related");
    expect(compile({ includeNamespaces: ["shop"], includeClusterResources: "true" }).clusterScope).toBe(
      "all",
    );
    expect(compile({ includeClusterResources: "false" }).clusterScope).toBe("none");
  });

  test("excluding wins over including, for namespaces, kinds and single objects", () => {
    const chosen = compile({
      includeNamespaces: ["shop-*", "x"],
      excludeNamespaces: ["shop-test"],
      includeResources: ["cm", "secret/a", "secret/b"],
      excludeResources: ["secret/b"],
    });
    expect(chosen.includesNamespace("shop-1")).toBe(true);
    expect(chosen.includesNamespace("shop-test")).toBe(false);
    expect(chosen.includesNamespace("y")).toBe(false);
    expect(chosen.literalNamespaces).toEqual(["x"]);
    expect(chosen.hasNamespaceGlobs).toBe(true);
    expect(chosen.kindShare(configMaps)).toEqual({ take: "all" });
    expect(chosen.kindShare(secrets)).toEqual({ take: "named", names: new Set(["a", "b"]) });
    expect(chosen.includesName(secrets, "a")).toBe(true);
    expect(chosen.includesName(secrets, "b")).toBe(false);
    expect(chosen.includesName(secrets, "c")).toBe(false);
    expect(chosen.kindShare({ group: "", resource: "pods" })).toEqual({ take: "none" });
    expect(compile({ excludeResources: ["secrets"] }).kindShare(secrets)).toEqual({ take: "none" });
  });

  test("several selectors are joined by or, and only a single one goes to the server", () => {
    const either = compile({ orSelectors: ["app=web", "app=api"] });
    expect(either.matchesLabels({ app: "api" })).toBe(true);
    expect(either.matchesLabels({ app: "db" })).toBe(false);
    expect(either.serverSelector).toBeUndefined();
    expect(compile({ labelSelector: "app=web" }).serverSelector).toBe("app=web");
    expect(() => compile({ labelSelector: "a", orSelectors: ["b"] })).toThrow(Failure);
  });

  test("refuses to exclude every kind", () => {
    expect(() => compile({ excludeResources: ["*"] })).toThrow(Failure);
    expect(compile({ includeResources: ["*"] }).kindShare(secrets)).toEqual({ take: "all" });
  });
});
