import { describe, expect, test } from "vitest";
import { parseExact, stringifyExact } from "#test/harness/exact-json.ts";
import { IGNORED_PATHS } from "#test/harness/ignored-paths.ts";
import type { KubeObject } from "#test/harness/kube-object.ts";
import { compareObjects } from "#test/harness/semantic-compare.ts";

const service: KubeObject = {
  apiVersion: "v1",
  kind: "Service",
  metadata: {
    name: "web",
    namespace: "shop",
    uid: "1",
    resourceVersion: "7",
    creationTimestamp: "2026-01-01T00:00:00Z",
  },
  spec: {
    clusterIP: "10.96.0.7",
    clusterIPs: ["10.96.0.7"],
    ports: [{ port: 80 }, { port: 443 }],
    selector: { "app.io/x": "y" },
  },
  status: { loadBalancer: {} },
};

const change = (object: KubeObject, parts: Record<string, unknown>): KubeObject => ({ ...object, ...parts });

test("what the server sets anew does not count", () => {
  const metadata = { name: "web", namespace: "shop", uid: "2", resourceVersion: "9", managedFields: [{}] };
  const spec = { ...(service["spec"] as object), clusterIP: "10.96.0.8", clusterIPs: ["10.96.0.8"] };
  expect(compareObjects(service, change(service, { metadata, spec, status: undefined }))).toEqual([]);
});

test("a changed, a missing and an added value are named by their paths", () => {
  const spec = { clusterIP: "", ports: [{ port: 81 }], selector: {}, extra: true };
  const found = compareObjects(service, change(service, { spec }));
  expect(found.map(({ path }) => path).toSorted()).toEqual([
    "spec.extra",
    "spec.ports[0].port",
    "spec.ports[1]",
    'spec.selector["app.io/x"]',
  ]);
});

test("a headless service has to stay headless", () => {
  const headless = change(service, { spec: { clusterIP: "None" } });
  expect(compareObjects(headless, change(service, { spec: { clusterIP: "10.96.0.9" } }))).toMatchObject([
    { path: "spec.clusterIP", original: "None", restored: "10.96.0.9" },
  ]);
});

test("an annotation that alone was the map may go with the map", () => {
  const deployment = (annotations?: Record<string, string>): KubeObject => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "d", ...(annotations && { annotations }) },
  });
  expect(compareObjects(deployment({ "deployment.kubernetes.io/revision": "3" }), deployment())).toEqual([]);
  expect(compareObjects(deployment({ mine: "3" }), deployment())).toHaveLength(1);
});

test("the status of a custom resource counts", () => {
  const cr = { apiVersion: "ex.com/v1", kind: "Foo", metadata: { name: "f" }, status: { id: "x" } };
  expect(compareObjects(cr, change(cr, { status: undefined }))).toMatchObject([{ path: "status" }]);
});

test("integers that differ beyond what a double holds are different", () => {
  const foo = (size: string): KubeObject =>
    // The text is one object of this shape.
    parseExact(
      `{"apiVersion":"ex.com/v1","kind":"Foo","metadata":{"name":"f"},"size":${size}}`,
    ) as KubeObject;
  expect(compareObjects(foo("9007199254740993"), foo("9007199254740993"))).toEqual([]);
  expect(compareObjects(foo("9007199254740993"), foo("9007199254740992"))).toHaveLength(1);
  expect(stringifyExact(foo("9007199254740993"))).toContain('"size":9007199254740993');
});

test("an owner is known by kind and name, not by uid", () => {
  const owned = (uid: string, name: string): KubeObject => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "c", ownerReferences: [{ kind: "Deployment", name, uid }] },
  });
  expect(compareObjects(owned("1", "d"), owned("2", "d"))).toEqual([]);
  expect(compareObjects(owned("1", "d"), owned("2", "e"))).toMatchObject([
    { path: "metadata.ownerReferences[0].name" },
  ]);
});

describe("with namespaces mapped", () => {
  const namespaces = { shop: "copy" };

  test("objects, the namespace itself and the subjects of bindings are expected under the new name", () => {
    const metadata = { ...service.metadata, namespace: "copy" };
    expect(compareObjects(service, change(service, { metadata }), { namespaces })).toEqual([]);
    const binding = (namespace: string): KubeObject => ({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: "b", namespace },
      subjects: [{ kind: "ServiceAccount", name: "a", namespace }],
    });
    expect(compareObjects(binding("shop"), binding("copy"), { namespaces })).toEqual([]);
    const space = (name: string): KubeObject => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name, labels: { "kubernetes.io/metadata.name": name } },
    });
    expect(compareObjects(space("shop"), space("copy"), { namespaces })).toEqual([]);
  });

  test("an object left in the old namespace is a difference", () => {
    expect(compareObjects(service, service, { namespaces })).toMatchObject([
      { path: "metadata.namespace", original: "copy", restored: "shop" },
    ]);
  });
});

test("every ignored path gives its reason", () => {
  expect(IGNORED_PATHS.filter(({ reason }) => reason.length < 10)).toEqual([]);
});
