import { describe, expect, test } from "vitest";
import type { ItemHeader } from "#core/model/item.ts";
import { readInsteadAs } from "#core/objects/cohabiting.ts";
import { kindNeverRestored, neverRestoredRules } from "#core/objects/never-restored.ts";
import { isObjectNotStored, kindNotStored, notStoredRules } from "#core/objects/not-stored.ts";
import { resource } from "#test/doubles/memory-cluster.ts";

const header = (facts: Partial<ItemHeader>): ItemHeader => ({
  namespace: "shop",
  name: "x",
  uid: "u",
  resourceVersion: "1",
  labels: {},
  annotations: {},
  owners: [],
  ...facts,
});

describe("what is not stored", () => {
  test.each([
    ["events", true],
    ["events.events.k8s.io", true],
    ["leases.coordination.k8s.io", true],
    ["componentstatuses", true],
    ["configmaps", false],
    ["nodes", false],
    ["endpoints", false],
    ["leases.example.com", false],
  ])("%s: %s", (name, expected) => {
    expect(kindNotStored(resource(name, "X")) !== undefined).toBe(expected);
  });

  test("a kind that can be neither watched nor created is virtual, with one of both it is stored", () => {
    const verbs = ["get", "list"];
    expect(kindNotStored(resource("pods.metrics.k8s.io", "PodMetrics", { verbs }))).toContain("virtual");
    expect(
      kindNotStored(resource("tags.example.com", "Tag", { verbs: [...verbs, "create"] })),
    ).toBeUndefined();
    expect(
      kindNotStored(resource("tags.example.com", "Tag", { verbs: [...verbs, "watch"] })),
    ).toBeUndefined();
    expect(kindNotStored(resource("tokenreviews.x", "TokenReview", { verbs: ["create"] }))).toContain(
      "request",
    );
  });

  test("slices and endpoints of controllers are out, those of users are in", () => {
    const slice = {
      group: "discovery.k8s.io",
      version: "v1",
      resource: "endpointslices",
      kind: "E",
      namespaced: true,
    };
    const managed = (by: string) => header({ labels: { "endpointslice.kubernetes.io/managed-by": by } });
    expect(isObjectNotStored(slice, managed("endpointslice-controller.k8s.io"))).toBe(true);
    expect(isObjectNotStored(slice, managed("endpointslicemirroring-controller.k8s.io"))).toBe(true);
    expect(isObjectNotStored(slice, managed("somebody"))).toBe(false);
    expect(isObjectNotStored(slice, header({}))).toBe(false);
    const endpoints = { ...slice, group: "", resource: "endpoints" };
    expect(isObjectNotStored(endpoints, header({}))).toBe(false);
    const trigger = { "endpoints.kubernetes.io/last-change-trigger-time": "2026-01-01T00:00:00Z" };
    expect(isObjectNotStored(endpoints, header({ annotations: trigger }))).toBe(true);
    expect(isObjectNotStored(endpoints, header({ namespace: "default", name: "kubernetes" }))).toBe(true);
    expect(
      isObjectNotStored({ ...endpoints, resource: "configmaps" }, header({ annotations: trigger })),
    ).toBe(false);
  });

  test("two ways to the same objects are read once, where the first is served", () => {
    const events = { group: "events.k8s.io", resource: "events" };
    expect(readInsteadAs(events, new Set(["events"]))).toBe("events");
    expect(readInsteadAs(events, new Set())).toBeUndefined();
    expect(
      readInsteadAs({ group: "apps", resource: "deployments" }, new Set(["deployments.apps"])),
    ).toBeUndefined();
  });
});

describe("the published lists", () => {
  test("give a reason with each entry", () => {
    for (const { what, reason } of [...notStoredRules, ...neverRestoredRules]) {
      expect(what).not.toBe("");
      expect(reason.length).toBeGreaterThan(10);
    }
  });

  test("nodes and their like are stored and never restored", () => {
    for (const name of ["nodes", "csinodes.storage.k8s.io", "podsecuritypolicies.policy"]) {
      expect(kindNotStored(resource(name, "X"))).toBeUndefined();
      expect(kindNeverRestored(resource(name, "X"))).toBeDefined();
    }
    expect(kindNeverRestored({ group: "", resource: "configmaps" })).toBeUndefined();
  });
});
