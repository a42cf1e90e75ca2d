import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { type Given, sent } from "#test/unit/restore/rules-fixture.ts";

const request = { namespaceMapping: { old: "new" } };
const ADMISSION = "admissionregistration.k8s.io";
const cluster = { name: "one" };
const inOld = { name: "one", namespace: "old" };

/** The object less its metadata. */
function body(given: Omit<Given, "request">): ExactObject {
  const { metadata: _, ...rest } = sent({ ...given, request });
  return rest;
}

describe("what names one namespace names the other", () => {
  const service = (namespace: string) => ({ clientConfig: { service: { namespace, name: "hook" } } });
  const selector = (name: string) => ({
    matchLabels: { "kubernetes.io/metadata.name": name, tier: "old" },
    matchExpressions: [
      { key: "kubernetes.io/metadata.name", operator: "In", values: [name, "third"] },
      { key: "tier", operator: "In", values: ["old"] },
    ],
  });

  it.for([["validatingwebhookconfigurations"], ["mutatingwebhookconfigurations"]] as const)(
    "%s",
    ([resource]) => {
      const hooks = (name: string) => ({
        webhooks: [{ ...service(name), namespaceSelector: selector(name) }],
      });
      const object = { metadata: cluster, ...hooks("old") };
      expect(body({ resource, group: ADMISSION, object })).toEqual(hooks("new"));
    },
  );

  it.for([
    ["validatingadmissionpolicies", "matchConstraints"],
    ["mutatingadmissionpolicies", "matchConstraints"],
    ["validatingadmissionpolicybindings", "matchResources"],
    ["mutatingadmissionpolicybindings", "matchResources"],
  ] as const)("%s", ([resource, field]) => {
    const spec = (name: string) => ({ spec: { [field]: { namespaceSelector: selector(name) } } });
    const object = { metadata: cluster, ...spec("old") };
    expect(body({ resource, group: ADMISSION, object })).toEqual(spec("new"));
  });

  it("API services and conversion webhooks", () => {
    const api = (namespace: string) => ({ spec: { service: { namespace, name: "api" } } });
    const apiServices = { resource: "apiservices", group: "apiregistration.k8s.io" };
    expect(body({ ...apiServices, object: { metadata: cluster, ...api("old") } })).toEqual(api("new"));
    const conversion = (name: string) => ({ spec: { conversion: { webhook: service(name) } } });
    const definitions = { resource: "customresourcedefinitions", group: "apiextensions.k8s.io" };
    const object = { metadata: cluster, ...conversion("old") };
    expect(body({ ...definitions, object })).toEqual(conversion("new"));
  });

  it("network policies, and only by the name's label", () => {
    const spec = (name: string) => ({
      spec: {
        ingress: [{ from: [{ namespaceSelector: selector(name) }, { podSelector: {} }] }],
        egress: [{ to: [{ namespaceSelector: selector(name) }] }, {}],
      },
    });
    const given = { resource: "networkpolicies", group: "networking.k8s.io" };
    expect(body({ ...given, object: { metadata: inOld, ...spec("old") } })).toEqual(spec("new"));
  });

  it.for([["servicemonitors"], ["podmonitors"]] as const)("%s", ([resource]) => {
    const spec = (name: string) => ({ spec: { namespaceSelector: { matchNames: ["third", name] } } });
    const object = { metadata: inOld, ...spec("old") };
    expect(body({ resource, group: "monitoring.coreos.com", object })).toEqual(spec("new"));
  });

  it("pods' affinity to pods elsewhere", () => {
    const spec = (name: string) => {
      const term = { topologyKey: "zone", namespaces: [name], namespaceSelector: selector(name) };
      return {
        affinity: {
          podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] },
          podAntiAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: term }],
          },
        },
      };
    };
    const deployment = (name: string) => ({ spec: { template: { spec: spec(name) } } });
    const given = { resource: "deployments", group: "apps" };
    expect(body({ ...given, object: { metadata: inOld, ...deployment("old") } })).toEqual(deployment("new"));
  });

  it("subjects of bindings, also accounts spelt as users and groups", () => {
    const subjects = (name: string) => ({
      subjects: [
        { kind: "ServiceAccount", name: "old", namespace: name },
        { kind: "User", name: `system:serviceaccount:${name}:runner` },
        { kind: "Group", name: `system:serviceaccounts:${name}` },
        { kind: "User", name: "old" },
      ],
    });
    const given = { resource: "rolebindings", group: "rbac.authorization.k8s.io" };
    expect(body({ ...given, object: { metadata: inOld, ...subjects("old") } })).toEqual(subjects("new"));
  });

  it("annotations of certificates and of Helm", () => {
    const annotations = {
      "cert-manager.io/inject-ca-from": "old/cert",
      "meta.helm.sh/release-namespace": "old",
      "meta.helm.sh/release-name": "old",
    };
    const object = { metadata: { ...cluster, annotations }, webhooks: [] };
    expect(
      sent({ resource: "validatingwebhookconfigurations", group: ADMISSION, object, request }),
    ).toMatchObject({
      metadata: {
        annotations: {
          "cert-manager.io/inject-ca-from": "new/cert",
          "meta.helm.sh/release-namespace": "new",
          "meta.helm.sh/release-name": "old",
        },
      },
    });
  });

  it("and nothing is changed where another namespace is meant, or none is mapped", () => {
    const object = {
      metadata: cluster,
      webhooks: [{ ...service("other"), namespaceSelector: selector("other") }],
    };
    const given = { resource: "validatingwebhookconfigurations", group: ADMISSION, object };
    expect(sent({ ...given, request })).toEqual(object);
    const own = { ...given, object: { metadata: cluster, webhooks: [service("old")] } };
    expect(sent(own)).toEqual(own.object);
  });
});

describe("a copy under another name", () => {
  const labels = {
    app: "web",
    "argocd.argoproj.io/instance": "shop",
    "kustomize.toolkit.fluxcd.io/name": "shop",
    "helm.toolkit.fluxcd.io/namespace": "old",
    "kubectl-backup.io/tier": "high",
  };
  const annotations = {
    "argocd.argoproj.io/tracking-id": "shop:/ConfigMap:old/one",
    "argocd.argoproj.io/sync-wave": "2",
  };
  const object = { metadata: { ...inOld, labels, annotations } };

  it("carries no tracking of the original, and what a user set stays", () => {
    expect(sent({ resource: "configmaps", object, request })["metadata"]).toEqual({
      name: "one",
      namespace: "new",
      labels: { app: "web", "kubectl-backup.io/tier": "high" },
      annotations: { "argocd.argoproj.io/sync-wave": "2" },
    });
  });

  it("and under its own name it keeps all of it", () => {
    expect(sent({ resource: "configmaps", object })["metadata"]).toEqual({ ...inOld, labels, annotations });
  });
});

describe("Helm's releases", () => {
  const release = (name: string) => ({
    name: "shop",
    namespace: name,
    version: 1,
    manifest: `metadata:\n  namespace: ${name}\n  name: old\ndata:\n  text: "namespace: old"\n---\n  namespace: "${name}"\n`,
    hooks: [{ manifest: `  namespace: ${name}\n` }],
  });
  const once = (value: ExactObject) => gzipSync(JSON.stringify(value)).toString("base64");
  const open = (text: string) => JSON.parse(gunzipSync(Buffer.from(text, "base64")).toString());
  const labels = { owner: "helm" };

  it("in Secrets name the copy's namespace, in their manifests too", () => {
    const data = { release: Buffer.from(once(release("old"))).toString("base64") };
    const object = { metadata: { ...inOld, labels }, type: "helm.sh/release.v1", data };
    const made = sent({ resource: "secrets", object, request })["data"] as { release: string };
    expect(open(Buffer.from(made.release, "base64").toString())).toEqual(release("new"));
  });

  it("in ConfigMaps as well; what is no release stays as it is", () => {
    const config = (text: string) => ({ metadata: { ...inOld, labels }, data: { release: text } });
    const made = sent({ resource: "configmaps", object: config(once(release("old"))), request })["data"];
    expect(open((made as { release: string }).release)).toEqual(release("new"));
    expect(sent({ resource: "configmaps", object: config("no release"), request })["data"]).toEqual({
      release: "no release",
    });
  });
});
