import { describe, expect, it } from "vitest";
import { parseExact, stringifyExact } from "#core/objects/exact-json.ts";
import { sent, transformed } from "./rules-fixture.ts";

const metadata = { name: "one", namespace: "app" };

describe("the metadata of every kind", () => {
  it("loses what a server set", () => {
    const object = {
      metadata: {
        ...metadata,
        uid: "u",
        resourceVersion: "1",
        creationTimestamp: "2026-01-01T00:00:00Z",
        deletionTimestamp: "2026-01-01T00:00:00Z",
        deletionGracePeriodSeconds: 30,
        generation: 9,
        selfLink: "/x",
        generateName: "one-",
        managedFields: [{}],
        ownerReferences: [{ uid: "o" }],
        labels: { keep: "me" },
      },
      data: { a: "b" },
      status: { phase: "x" },
    };
    expect(sent({ resource: "configmaps", object })).toEqual({
      metadata: { ...metadata, labels: { keep: "me" } },
      data: { a: "b" },
    });
  });

  it("keeps integers that no double can hold", () => {
    const text = '{"metadata":{"name":"one","namespace":"app"},"spec":{"big":9223372036854775807}}';
    const object = parseExact(text) as { metadata: object };
    expect(stringifyExact(sent({ resource: "widgets", group: "example.com", object } as never))).toContain(
      '"big":9223372036854775807',
    );
  });

  it("keeps a user's finalizers and drops those that controllers put there", () => {
    const object = {
      metadata: {
        ...metadata,
        finalizers: ["kubernetes.io/pvc-protection", "example.com/mine", "external-attacher/x"],
      },
    };
    expect(sent({ resource: "configmaps", object })["metadata"]).toEqual({
      ...metadata,
      finalizers: ["example.com/mine"],
    });
  });

  it.each([
    { under: "the same name", request: {}, kept: ["max-age", "tier"], label: true },
    { under: "another name", request: { namespaceMapping: { app: "copy" } }, kept: ["tier"], label: false },
    {
      under: "another name with keepProtection",
      request: { namespaceMapping: { app: "copy" }, keepProtection: true },
      kept: ["max-age", "tier"],
      label: true,
    },
  ])("loses stale marks always, and protection keys as told: $under", ({ request, kept, label }) => {
    const key = (name: string) => `kubectl-backup.io/${name}`;
    const stale = [
      "last-backup",
      "last-backup-time",
      "last-backup-location",
      "restored-from",
      "pending-steps",
    ];
    const all = [...stale, "skip-final-backup", "max-age", "tier"];
    const object = {
      metadata: {
        name: "app",
        labels: { [key("protect")]: "true", team: "a" },
        annotations: Object.fromEntries(all.map((name) => [key(name), "x"])),
      },
    };
    const result = sent({ resource: "namespaces", object, request })["metadata"];
    expect(result).toMatchObject({ annotations: Object.fromEntries(kept.map((name) => [key(name), "x"])) });
    expect(Object.keys((result as { annotations: object }).annotations)).toHaveLength(kept.length);
    expect(result).toMatchObject({ labels: { team: "a" } });
    expect(Object.hasOwn((result as { labels: object }).labels, key("protect"))).toBe(label);
  });

  it("says where the object goes: the mapped namespace", () => {
    const request = { namespaceMapping: { app: "copy" } };
    expect(sent({ resource: "configmaps", object: { metadata }, request })["metadata"]).toEqual({
      name: "one",
      namespace: "copy",
    });
  });

  it("gets its field managers back afterwards where that was asked", () => {
    const managedFields = [{ manager: "helm", time: "2026-01-01T00:00:00Z" }];
    const object = { metadata: { ...metadata, managedFields } };
    expect(transformed({ resource: "configmaps", object })).not.toHaveProperty("later");
    expect(
      transformed({ resource: "configmaps", object, request: { keepManagedFields: true } }),
    ).toMatchObject({
      later: [{ name: "managed-fields", patch: { metadata: { managedFields } } }],
    });
  });
});

describe("the status", () => {
  it("of a custom resource stays, and says that the new object's first generation was observed", () => {
    const object = {
      metadata: { ...metadata, generation: 9 },
      status: { observedGeneration: 9, ip: "192.0.2.1" },
    };
    expect(sent({ resource: "widgets", group: "example.com", object })["status"]).toEqual({
      observedGeneration: 1,
      ip: "192.0.2.1",
    });
  });

  it("of a custom resource says nothing of generations when the old one was behind", () => {
    const object = {
      metadata: { ...metadata, generation: 9 },
      status: { observedGeneration: 8, ip: "192.0.2.1" },
    };
    expect(sent({ resource: "widgets", group: "example.com", object })["status"]).toEqual({
      ip: "192.0.2.1",
    });
  });
});
