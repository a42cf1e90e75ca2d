import { describe, expect, it } from "vitest";
import type { Discovery } from "#core/kube/cluster.ts";
import type { ItemKind } from "#core/model/item.ts";
import { mergePatch } from "#core/restore/merge-patch.ts";
import { joinOwners, linkOwners, openOwnerBook } from "#core/restore/owners.ts";
import { claimTest } from "#core/restore/pod-specs.ts";
import { judgeReadiness } from "#core/restore/readiness.ts";
import { findTargetKind } from "#core/restore/target-kinds.ts";
import { isAlreadyThere, isPathAbsent, refusedOutcome } from "#core/restore/write-replies.ts";

describe("owner references", () => {
  const reference = (uid: string, more: object = {}) => ({ kind: "Deployment", name: "web", uid, ...more });
  const child = {
    metadata: { ownerReferences: [reference("known"), reference("unknown", { controller: true })] },
  };

  it("are written with new uids where these are known, and wait where they are not", () => {
    const book = openOwnerBook(new Set(["known", "unknown"]), new Map([["known", "new"]]));
    expect(linkOwners(child, book, false)).toEqual({
      linked: [reference("new")],
      unknown: [reference("unknown", { controller: true })],
      all: [reference("known"), reference("unknown", { controller: true })],
    });
    book.note("unknown", "new-2");
    book.note("nobody asks", "x");
    expect(linkOwners(child, book, false).unknown).toEqual([]);
    expect(book.newUid("nobody asks")).toBeUndefined();
  });

  it("to a controller that adopts by labels are its own business", () => {
    const book = openOwnerBook(new Set(), new Map());
    expect(linkOwners(child, book, true).unknown).toEqual([reference("known")]);
  });

  it("join what a controller wrote meanwhile, each owner once", () => {
    expect(joinOwners([reference("a")], [reference("a"), reference("b")])).toEqual([
      reference("a"),
      reference("b"),
    ]);
  });
});

describe("what mounts a claim", () => {
  const volumes = [{ name: "d", persistentVolumeClaim: { claimName: "data" } }];

  it.each([
    ["deployments.apps", { spec: { template: { spec: { volumes } } } }],
    ["cronjobs.batch", { spec: { jobTemplate: { spec: { template: { spec: { volumes } } } } } }],
    ["pods", { spec: { volumes } }],
  ])("is found in %s", (name, object) => {
    const [resource = "", ...group] = name.split(".");
    const mounts = claimTest({ resource, group: group.join(".") }, object);
    expect([mounts("data"), mounts("other")]).toEqual([true, false]);
  });

  it("is a StatefulSet by its template and an ordinal, nothing longer", () => {
    const set = {
      metadata: { name: "db" },
      spec: { volumeClaimTemplates: [{ metadata: { name: "data" } }] },
    };
    const mounts = claimTest({ group: "apps", resource: "statefulsets" }, set);
    expect(["data-db-0", "data-db-12", "data-db-x", "data-dbx-0"].map(mounts)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe("the target of a kind", () => {
  const served = (version: string) => ({
    group: "policy",
    version,
    resource: "pdbs",
    kind: "PDB",
    namespaced: true,
  });
  // Only what is read of a discovery.
  const discovery = { resources: [served("v1")], down: [] } as unknown as Discovery;
  const find = (version: string, coming: readonly string[] = []) =>
    findTargetKind(served(version), discovery, new Set(coming));

  it("is the same version, or comes with a definition that is restored, or is missing with a reason", () => {
    expect(find("v1")).toMatchObject({ served: true, kind: { version: "v1" } });
    expect(find("v1beta1")).toMatchObject({
      served: false,
      reason: "version-not-served",
      message: /policy\/v1, not/,
    });
    expect(find("v1beta1", ["pdbs.policy"])).toMatchObject({ coming: true });
    const [old, now] = ["v1beta1", "v1"].map((version) => ({
      ...served(version),
      resource: "poddisruptionbudgets",
    }));
    const budgets = { resources: [now], down: [] } as unknown as Discovery;
    expect(findTargetKind(old as ItemKind, budgets, new Set())).toEqual({ served: true, kind: now });
    expect(findTargetKind({ ...served("v1"), resource: "other" }, discovery, new Set())).toMatchObject({
      reason: "kind-not-served",
    });
  });
});

describe("readiness", () => {
  const deployment = (spec: object, status: object) =>
    ({ metadata: { generation: 2 }, spec, status }) as never;
  const done = { observedGeneration: 2, updatedReplicas: 2, availableReplicas: 2 };
  const stuck = {
    conditions: [{ type: "Progressing", reason: "ProgressDeadlineExceeded", message: "too slow" }],
  };

  it.each([
    [{ replicas: 2 }, done, "ready"],
    [{ replicas: 2 }, { ...done, observedGeneration: 1 }, "waiting"],
    [{ replicas: 2 }, { ...done, availableReplicas: 1 }, "waiting"],
    [{ replicas: 2 }, stuck, "failed"],
    [{ replicas: 0 }, {}, "ready"],
    [{ replicas: 2, paused: true }, {}, "ready"],
  ])("of a Deployment %o %o: %s", (spec, status, state) => {
    expect(judgeReadiness({ group: "apps", resource: "deployments" }, deployment(spec, status)).state).toBe(
      state,
    );
  });

  it.each([
    ["jobs.batch", { spec: { suspend: true } }, "ready"],
    ["jobs.batch", { status: {} }, "waiting"],
    ["jobs.batch", { status: { startTime: "x" } }, "ready"],
    ["jobs.batch", { status: { conditions: [{ type: "Failed", status: "True" }] } }, "failed"],
    ["persistentvolumeclaims", { status: { phase: "Bound" } }, "ready"],
    ["persistentvolumeclaims", { status: { phase: "Lost" } }, "failed"],
    ["persistentvolumeclaims", { status: { phase: "Pending" } }, "waiting"],
    ["pods", { status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] } }, "ready"],
    ["pods", { status: { phase: "Failed" } }, "failed"],
    [
      "customresourcedefinitions.apiextensions.k8s.io",
      { status: { conditions: [{ type: "NamesAccepted", status: "False", message: "taken" }] } },
      "failed",
    ],
    ["customresourcedefinitions.apiextensions.k8s.io", { status: {} }, "waiting"],
  ])("of %s %o: %s", (name, object, state) => {
    const [resource = "", ...group] = name.split(".");
    expect(judgeReadiness({ resource, group: group.join(".") }, object as never).state).toBe(state);
  });
});

describe("a refusal", () => {
  const refusal = (status: number, reason: string, message: string) =>
    ({ ok: false, status, reason, message, causes: [], warnings: [] }) as const;

  it("keeps the server's words under a reason that machines can tell apart", () => {
    const reasonOf = (reply: Parameters<typeof refusedOutcome>[0]) => {
      const outcome = refusedOutcome(reply);
      return "reason" in outcome ? outcome.reason : undefined;
    };
    expect(reasonOf(refusal(422, "Invalid", "x: field is immutable"))).toBe("immutable");
    expect(reasonOf(refusal(422, "Invalid", "x: must be set"))).toBe("invalid");
    expect(reasonOf({ ...refusal(403, "Forbidden", "going away"), causes: ["NamespaceTerminating"] })).toBe(
      "namespace-terminating",
    );
    expect(reasonOf(refusal(404, "NotFound", 'namespaces "x" not found'))).toBe("namespace-absent");
    expect(reasonOf(refusal(500, "InternalError", "boom"))).toBe("internal-error");
    expect(reasonOf(refusal(500, "", "boom"))).toBe("status-500");
  });

  it("of an absent path is not that of an absent namespace, and a namesake is no conflict", () => {
    expect(isPathAbsent(refusal(404, "NotFound", "the server could not find the requested resource"))).toBe(
      true,
    );
    expect(isPathAbsent(refusal(404, "NotFound", 'namespaces "x" not found'))).toBe(false);
    expect(isAlreadyThere(refusal(409, "AlreadyExists", "x"))).toBe(true);
    expect(isAlreadyThere(refusal(409, "Conflict", "object is being deleted: x"))).toBe(true);
    expect(isAlreadyThere(refusal(409, "Conflict", "the object has been modified"))).toBe(false);
  });
});

describe("a merge patch", () => {
  it("changes as RFC 7386 says", () => {
    expect(
      mergePatch({ a: { b: 1, c: 2 }, d: [1], e: 5 }, { a: { b: null, x: 3 }, d: [2], f: { g: 1 } }),
    ).toEqual({
      a: { c: 2, x: 3 },
      d: [2],
      e: 5,
      f: { g: 1 },
    });
  });
});
