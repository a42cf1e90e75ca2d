import { describe, expect, it } from "vitest";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { inNewGroup, movedKind } from "#core/objects/versions/extensions-group.ts";
import { transformItem } from "#core/restore/transform.ts";
import { factsFor, sent, storedItem } from "#test/unit/restore/rules-fixture.ts";

const former = (resource: string, kind: string) =>
  storedItem({ group: "extensions", version: "v1beta1", resource, kind });

describe("an object of extensions/v1beta1", () => {
  it.for([
    ["daemonsets", "DaemonSet", "apps"],
    ["deployments", "Deployment", "apps"],
    ["replicasets", "ReplicaSet", "apps"],
    ["ingresses", "Ingress", "networking.k8s.io"],
    ["networkpolicies", "NetworkPolicy", "networking.k8s.io"],
  ] as const)("%s is one of another group today", ([resource, kind, group]) => {
    const moved = movedKind(former(resource, kind));
    expect(moved).toEqual({ group, version: "v1", resource, kind, namespaced: true });
    expect(inNewGroup({ apiVersion: "extensions/v1beta1", kind }, former(resource, kind))).toMatchObject({
      apiVersion: `${group}/v1`,
      kind,
    });
  });

  it("of another version or of an unknown kind stays what it is", () => {
    expect(movedKind({ ...former("deployments", "Deployment"), version: "v2" })).toBeUndefined();
    expect(movedKind({ ...former("deployments", "Deployment"), group: "example.com" })).toBeUndefined();
    expect(movedKind(former("podsecuritypolicies", "PodSecurityPolicy"))).toBeUndefined();
  });

  it("a workload selects by its template's labels where it does not say it, and loses what v1 has no field for", () => {
    const template = { metadata: { labels: { app: "web" } } };
    const object = { spec: { template, templateGeneration: 3, rollbackTo: { revision: 2 } } };
    expect(inNewGroup(object, former("daemonsets", "DaemonSet"))["spec"]).toEqual({
      template,
      selector: { matchLabels: { app: "web" } },
    });
    const selector = { matchLabels: { own: "yes" } };
    expect(inNewGroup({ spec: { template, selector } }, former("replicasets", "ReplicaSet"))["spec"]).toEqual(
      { template, selector },
    );
  });

  it("an Ingress has its backend in the new shape", () => {
    const object = { spec: { backend: { serviceName: "web", servicePort: 80 } } };
    expect(inNewGroup(object, former("ingresses", "Ingress"))["spec"]).toEqual({
      defaultBackend: { service: { name: "web", port: { number: 80 } } },
    });
  });
});

describe("what names an object of extensions/v1beta1", () => {
  const metadata = { name: "one", namespace: "app" };

  it("an autoscaler scales it in its group of today", () => {
    const scaling = (apiVersion: string, kind: string): ExactObject => ({
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata,
      spec: { scaleTargetRef: { apiVersion, kind, name: "web" } },
    });
    const asSent = (object: ExactObject) =>
      sent({ group: "autoscaling", resource: "horizontalpodautoscalers", object })["spec"];
    expect(asSent(scaling("extensions/v1beta1", "Deployment"))).toEqual({
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
    });
    for (const other of [scaling("apps/v1beta1", "Deployment"), scaling("extensions/v1beta1", "Widget")]) {
      expect(asSent(other)).toEqual(other["spec"]);
    }
  });

  it("an owner reference names it in its group of today", () => {
    const owner = { kind: "Ingress", name: "web", uid: "u" };
    const ownerReferences = [
      { ...owner, apiVersion: "extensions/v1beta1" },
      { ...owner, apiVersion: "example.com/v1" },
    ];
    const bytes = Buffer.from(
      JSON.stringify({ apiVersion: "v1", metadata: { ...metadata, ownerReferences } }),
    );
    const { original } = transformItem(storedItem({}), bytes, factsFor());
    expect(original["metadata"]).toMatchObject({
      ownerReferences: [
        { ...owner, apiVersion: "networking.k8s.io/v1" },
        { ...owner, apiVersion: "example.com/v1" },
      ],
    });
  });
});
