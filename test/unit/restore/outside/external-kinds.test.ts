import { expect, test } from "vitest";
import { externalKind } from "#core/restore/outside/external-kinds.ts";

test.each([
  ["buckets", "s3.services.k8s.aws", "AWS"],
  ["storagebuckets", "storage.cnrm.cloud.google.com", "Google"],
  ["resourcegroups", "resources.azure.com", "Azure"],
  ["instances", "rds.aws.crossplane.io", "Crossplane"],
  ["buckets", "s3.aws.upbound.io", "Crossplane"],
  ["clusters", "cluster.x-k8s.io", "Cluster API"],
  ["awsclusters", "infrastructure.cluster.x-k8s.io", "Cluster API"],
  ["dnsendpoints", "externaldns.k8s.io", "external-dns"],
  ["certificates", "cert-manager.io", "cert-manager"],
  ["orders", "acme.cert-manager.io", "cert-manager"],
])("%s.%s own something outside", (resource, group, who) => {
  expect(externalKind({ resource, group }, [])).toContain(who);
});

test.each([
  ["deployments", "apps"],
  ["services", ""],
  ["issuers", "cert-manager.io"],
  ["compositions", "apiextensions.crossplane.io"],
  ["providers", "pkg.crossplane.io"],
  ["providerconfigs", "aws.upbound.io"],
  ["configconnectors", "core.cnrm.cloud.google.com"],
  ["widgets", "example.com"],
])("%s.%s do not", (resource, group) => {
  expect(externalKind({ resource, group }, ["all"])).toBeUndefined();
});

test("Crossplane's marks tell of kinds whose groups are their users' own", () => {
  const kind = { resource: "databases", group: "example.com" };
  expect(externalKind(kind, ["composite"])).toContain("Crossplane");
  expect(externalKind(kind, ["claim"])).toContain("Crossplane");
  expect(externalKind(kind, ["crossplane", "managed"])).toContain("Crossplane");
  expect(externalKind(kind, ["managed"])).toBeUndefined();
});
