import { describe, expect, it } from "vitest";
import { inNewerVersion, newerVersion } from "#core/objects/versions/older-versions.ts";
import { transformItem } from "#core/restore/transform.ts";
import { factsFor, storedItem } from "#test/unit/restore/rules-fixture.ts";

describe("a version that the cluster gave up", () => {
  it("has the one that says the same, or none", () => {
    const cronJobs = { group: "batch", resource: "cronjobs" };
    expect(newerVersion({ ...cronJobs, version: "v1beta1" })).toBe("v1");
    expect(newerVersion({ ...cronJobs, version: "v1" })).toBeUndefined();
    expect(newerVersion({ group: "example.com", resource: "cronjobs", version: "v1beta1" })).toBeUndefined();
  });

  it("a snapshot says the same as v1, and goes through the rules for what was cut", () => {
    const kind = { group: "snapshot.storage.k8s.io", resource: "volumesnapshots", version: "v1beta1" };
    const object = {
      apiVersion: "snapshot.storage.k8s.io/v1beta1",
      metadata: { name: "one", namespace: "app" },
      spec: { source: { persistentVolumeClaimName: "data" } },
      status: { boundVolumeSnapshotContentName: "cut" },
    };
    const bytes = Buffer.from(JSON.stringify(object));
    const { ruling } = transformItem(storedItem(kind), bytes, factsFor({}, { targetVersion: () => "v1" }));
    expect(ruling).toMatchObject({
      object: {
        apiVersion: "snapshot.storage.k8s.io/v1",
        spec: { source: { volumeSnapshotContentName: "cut" } },
      },
    });
  });

  it("is rewritten only where the newer one is written", () => {
    const kind = { group: "batch", resource: "cronjobs", version: "v1beta1" };
    const object = { apiVersion: "batch/v1beta1", spec: { schedule: "@daily" } };
    expect(inNewerVersion(object, kind, "v1")).toEqual({ ...object, apiVersion: "batch/v1" });
    expect(inNewerVersion(object, kind, "v1beta1")).toBe(object);
  });

  it("goes through the rules in its new form", () => {
    const metadata = { name: "one", namespace: "app", uid: "old" };
    const bytes = Buffer.from(JSON.stringify({ apiVersion: "batch/v1beta1", metadata, spec: {} }));
    const item = storedItem({ group: "batch", resource: "cronjobs", version: "v1beta1" });
    const { original, ruling } = transformItem(item, bytes, factsFor({}, { targetVersion: () => "v1" }));
    expect(original["apiVersion"]).toBe("batch/v1");
    expect(ruling).toMatchObject({ object: { apiVersion: "batch/v1", spec: { suspend: true } } });
  });

  it("a budget for no pod does not become one for every pod", () => {
    const kind = { group: "policy", resource: "poddisruptionbudgets", version: "v1beta1" };
    const selecting = (selector: object) => ({ apiVersion: "policy/v1beta1", spec: { selector } }) as never;
    expect(inNewerVersion(selecting({}), kind, "v1")["spec"]).toEqual({
      selector: {
        matchExpressions: [
          { key: "pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match", operator: "Exists" },
        ],
      },
    });
    const chosen = { matchLabels: { app: "web" } };
    expect(inNewerVersion(selecting(chosen), kind, "v1")["spec"]).toEqual({ selector: chosen });
  });

  it("an EndpointSlice says zone and node in fields of their own, and what v1 has no place for is named", () => {
    const kind = { group: "discovery.k8s.io", resource: "endpointslices", version: "v1beta1" };
    const topology = {
      "kubernetes.io/hostname": "n1",
      "topology.kubernetes.io/zone": "a",
      "topology.kubernetes.io/region": "r",
    };
    const endpoints = [
      { addresses: ["10.0.0.1"], topology },
      { addresses: ["10.0.0.2"], nodeName: "n2" },
    ];
    const object = { apiVersion: "discovery.k8s.io/v1beta1", addressType: "IPv4", endpoints };
    expect(inNewerVersion(object, kind, "v1")).toEqual({
      apiVersion: "discovery.k8s.io/v1",
      addressType: "IPv4",
      endpoints: [
        {
          addresses: ["10.0.0.1"],
          nodeName: "n1",
          zone: "a",
          deprecatedTopology: { "topology.kubernetes.io/region": "r" },
        },
        { addresses: ["10.0.0.2"], nodeName: "n2" },
      ],
    });
    const metadata = { name: "one", namespace: "app", labels: {} };
    const { ruling } = transformItem(
      storedItem(kind),
      Buffer.from(JSON.stringify({ ...object, metadata })),
      factsFor({}, { targetVersion: () => "v1" }),
    );
    expect(ruling).toMatchObject({
      object: { endpoints: [{ addresses: ["10.0.0.1"], nodeName: "n1", zone: "a" }, { nodeName: "n2" }] },
      warnings: [expect.stringContaining("v1 has no place for the rest")],
    });
    expect(JSON.stringify(ruling)).not.toContain("deprecatedTopology");
  });

  it("a workload without a selector selects by its template's labels", () => {
    const kind = { group: "apps", resource: "statefulsets", version: "v1beta1" };
    const template = { metadata: { labels: { app: "db" } } };
    const object = { apiVersion: "apps/v1beta1", spec: { template } };
    expect(inNewerVersion(object, kind, "v1")["spec"]).toEqual({
      template,
      selector: { matchLabels: { app: "db" } },
    });
  });

  it("an Ingress has its backends in their new shape, by number or by name", () => {
    const kind = { group: "networking.k8s.io", resource: "ingresses", version: "v1beta1" };
    const object = {
      apiVersion: "networking.k8s.io/v1beta1",
      spec: {
        backend: { serviceName: "web", servicePort: "http" },
        rules: [
          {
            host: "a.example.com",
            http: { paths: [{ path: "/", backend: { serviceName: "web", servicePort: 80 } }] },
          },
          { host: "b.example.com" },
        ],
      },
    };
    expect(inNewerVersion(object, kind, "v1")).toEqual({
      apiVersion: "networking.k8s.io/v1",
      spec: {
        defaultBackend: { service: { name: "web", port: { name: "http" } } },
        rules: [
          {
            host: "a.example.com",
            http: {
              paths: [
                {
                  path: "/",
                  pathType: "ImplementationSpecific",
                  backend: { service: { name: "web", port: { number: 80 } } },
                },
              ],
            },
          },
          { host: "b.example.com" },
        ],
      },
    });
  });

  it("a priority level keeps its shares under their new name", () => {
    const kind = {
      group: "flowcontrol.apiserver.k8s.io",
      resource: "prioritylevelconfigurations",
      version: "v1beta2",
    };
    const limited = { assuredConcurrencyShares: 7, lendablePercent: 1 };
    expect(inNewerVersion({ spec: { type: "Limited", limited } }, kind, "v1")["spec"]).toEqual({
      type: "Limited",
      limited: { nominalConcurrencyShares: 7, lendablePercent: 1 },
    });
  });
});
