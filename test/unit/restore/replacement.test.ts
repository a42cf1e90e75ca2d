import { describe, expect, it } from "vitest";
import { replacement } from "#core/restore/replacement.ts";

const service = { group: "", resource: "services" };
const metadata = { name: "web", namespace: "app" };

describe("what takes a live object's place", () => {
  it("has exactly the keys that are wished, and what the server set", () => {
    const live = {
      kind: "Service",
      metadata: { ...metadata, uid: "u", labels: { a: "1", b: "2" }, ownerReferences: [{ uid: "o" }] },
      spec: {
        type: "NodePort",
        clusterIP: "10.0.0.1",
        selector: { app: "web" },
        ports: [{ port: 80, nodePort: 30080 }],
      },
      status: { loadBalancer: {} },
    };
    const wished = {
      kind: "Service",
      metadata: { ...metadata, labels: { a: "3" } },
      spec: { type: "NodePort", ports: [{ port: 80 }] },
    };
    expect(replacement(service, live, wished)).toEqual({
      kind: "Service",
      metadata: { ...metadata, uid: "u", labels: { a: "3" }, ownerReferences: [{ uid: "o" }] },
      spec: { type: "NodePort", clusterIP: "10.0.0.1", ports: [{ port: 80, nodePort: 30080 }] },
      status: { loadBalancer: {} },
    });
  });

  it("takes ports as they are wished where they change, with a node port that is wished", () => {
    const live = { metadata, spec: { ports: [{ port: 80, nodePort: 30080 }] } };
    const wished = { metadata, spec: { ports: [{ port: 81, nodePort: 30081 }] } };
    expect(replacement(service, live, wished)["spec"]).toEqual({ ports: [{ port: 81, nodePort: 30081 }] });
  });

  it("keeps controllers' finalizers and no user's that is not wished", () => {
    const claim = { group: "", resource: "persistentvolumeclaims" };
    const finalizers = ["kubernetes.io/pvc-protection", "example.com/theirs"];
    const kept = replacement(claim, { metadata: { ...metadata, finalizers } }, { metadata });
    expect(kept["metadata"]).toEqual({ ...metadata, finalizers: ["kubernetes.io/pvc-protection"] });
    const wished = { metadata: { ...metadata, finalizers: ["example.com/ours"] } };
    expect(replacement(claim, { metadata: { ...metadata, finalizers } }, wished)["metadata"]).toEqual({
      ...metadata,
      finalizers: ["example.com/ours", "kubernetes.io/pvc-protection"],
    });
  });
});
