import { describe, expect, test } from "vitest";
import { comparableForm } from "#core/objects/comparable-form.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";

function form(groupResource: string, object: ExactObject): ExactObject {
  const [resource = "", ...group] = groupResource.split(".");
  return comparableForm({ resource, group: group.join(".") }, object);
}

describe("comparableForm", () => {
  test("keeps what a user wrote of the metadata and drops what the server and this product set", () => {
    const metadata = {
      name: "a",
      namespace: "shop",
      uid: "u",
      resourceVersion: "7",
      generation: 2,
      creationTimestamp: "2026-01-01T00:00:00Z",
      deletionTimestamp: "2026-01-01T00:00:00Z",
      managedFields: [{ manager: "x" }],
      ownerReferences: [{ uid: "o" }],
      labels: { app: "web", "velero.io/restore-name": "r", "batch.kubernetes.io/controller-uid": "u" },
      annotations: {
        note: "n",
        "deployment.kubernetes.io/revision": "3",
        "kubectl-backup.io/restored-from": "b1",
        "kubectl-backup.io/max-age": "24h",
      },
      finalizers: ["kubernetes.io/pvc-protection", "example.com/mine"],
    };
    expect(
      form("widgets.example.com", { kind: "Widget", metadata, spec: { a: 1 }, status: { b: 2 } }),
    ).toEqual({
      kind: "Widget",
      metadata: {
        name: "a",
        namespace: "shop",
        labels: { app: "web" },
        annotations: { note: "n", "kubectl-backup.io/max-age": "24h" },
        finalizers: ["example.com/mine"],
      },
      spec: { a: 1 },
    });
  });

  test("an empty label map is no label map", () => {
    expect(form("configmaps", { metadata: { name: "a", labels: {}, annotations: null } })).toEqual({
      metadata: { name: "a" },
    });
  });

  test("addresses and ports that the server allocated are out, a wish for no address is in", () => {
    const spec = { clusterIP: "10.0.0.1", clusterIPs: ["10.0.0.1"], ports: [{ port: 80, nodePort: 30001 }] };
    expect(form("services", { metadata: { name: "s" }, spec })["spec"]).toEqual({ ports: [{ port: 80 }] });
    const headless = { clusterIP: "None", clusterIPs: ["None"] };
    expect(form("services", { metadata: { name: "s" }, spec: headless })["spec"]).toEqual(headless);
    expect(form("widgets.example.com", { metadata: { name: "s" }, spec })["spec"]).toEqual(spec);
  });

  test("a Job's own selector stays, a generated one goes with its label", () => {
    const labels = { app: "x", "controller-uid": "u", "batch.kubernetes.io/controller-uid": "u" };
    const spec = { selector: { matchLabels: { u: "u" } }, template: { metadata: { labels } } };
    expect(form("jobs.batch", { metadata: { name: "j" }, spec })["spec"]).toEqual({
      template: { metadata: { labels: { app: "x" } } },
    });
    const manual = { ...spec, manualSelector: true };
    expect(form("jobs.batch", { metadata: { name: "j" }, spec: manual })["spec"]).toEqual(manual);
  });

  test.each([
    ["namespaces", { spec: { finalizers: ["kubernetes"] } }, { spec: {} }],
    ["persistentvolumeclaims", { spec: { volumeName: "pv", x: 1 } }, { spec: { x: 1 } }],
    [
      "persistentvolumes",
      { spec: { claimRef: { name: "c", uid: "u", resourceVersion: "1" } } },
      { spec: { claimRef: { name: "c" } } },
    ],
    [
      "serviceaccounts",
      { secrets: [{ name: "s" }], imagePullSecrets: [{ name: "p" }] },
      { imagePullSecrets: [{ name: "p" }] },
    ],
    ["pods", { spec: { nodeName: "n", priority: 0, x: 1 } }, { spec: { x: 1 } }],
    [
      "secrets",
      { type: "kubernetes.io/service-account-token", data: { token: "x" } },
      { type: "kubernetes.io/service-account-token" },
    ],
    ["secrets", { type: "Opaque", data: { a: "x" } }, { type: "Opaque", data: { a: "x" } }],
    ["clusterroles.rbac.authorization.k8s.io", { aggregationRule: {}, rules: [1] }, { aggregationRule: {} }],
    ["clusterroles.rbac.authorization.k8s.io", { rules: [1] }, { rules: [1] }],
  ] as const)("%s: %j becomes %j", (kind, given, expected) => {
    expect(form(kind, { metadata: { name: "a" }, ...given })).toEqual({
      metadata: { name: "a" },
      ...expected,
    });
  });

  test("leaves its argument as it was", () => {
    const object = {
      metadata: { name: "s", labels: { a: "b" } },
      spec: { ports: [{ nodePort: 1 }] },
      status: {},
    };
    const before = JSON.stringify(object);
    form("services", object);
    expect(JSON.stringify(object)).toBe(before);
  });
});
