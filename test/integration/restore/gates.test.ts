import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "#test/harness/eventually.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { configMap, namespace, openRig, type Rig } from "./rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await openRig(sharedCluster());
});
afterAll(() => rig.stop());

const HOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
const API_SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices";

function service(ns: string, name: string) {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace: ns, name },
    spec: { ports: [{ port: 443, protocol: "TCP" }] },
  };
}

function slice(ns: string, name: string) {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { namespace: ns, name: `${name}-1`, labels: { "kubernetes.io/service-name": name } },
    addressType: "IPv4",
    endpoints: [{ addresses: ["192.0.2.1"] }],
    ports: [{ port: 443, protocol: "TCP" }],
  };
}

/** Matches ConfigMaps of one namespace alone. */
function hook(app: string, name: string, more: { service: string; failurePolicy: "Fail" | "Ignore" }) {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    metadata: { name: `${app}-${name}`, labels: { test: app } },
    webhooks: [
      {
        name: "check.example.com",
        admissionReviewVersions: ["v1"],
        sideEffects: "None",
        failurePolicy: more.failurePolicy,
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": app } },
        rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] }],
        clientConfig: { service: { namespace: app, name: more.service } },
      },
    ],
  };
}

describe("webhook configurations", () => {
  it("that fail closed return only where somebody answers for them, the others with a warning", async () => {
    const app = uniqueName("app");
    await rig.client.apply([
      namespace(app),
      configMap(app, "first"),
      service(app, "dead"),
      service(app, "alive"),
      slice(app, "alive"),
    ]);
    const hooks = {
      answered: hook(app, "answered", { service: "alive", failurePolicy: "Fail" }),
      blocking: hook(app, "blocking", { service: "dead", failurePolicy: "Fail" }),
      lenient: hook(app, "lenient", { service: "dead", failurePolicy: "Ignore" }),
      lost: hook(app, "lost", { service: "nowhere", failurePolicy: "Fail" }),
    };
    await rig.client.apply(Object.values(hooks));
    const backup = await rig.backUp([]);
    for (const { metadata } of Object.values(hooks)) await rig.client.delete(`${HOOKS}/${metadata.name}`);
    const selection = { includeResources: ["validatingwebhookconfigurations"], labelSelector: `test=${app}` };

    const report = await rig.restore(backup, { selection, wait: true, timeoutSeconds: 2 });

    expect(report.failed.map(({ name, outcome }) => [name, "reason" in outcome && outcome.reason])).toEqual(
      expect.arrayContaining([
        [`${app}-blocking`, "service-not-ready"],
        [`${app}-lost`, "service-not-ready"],
      ]),
    );
    expect(report.failed).toHaveLength(2);
    expect(report.complete).toBe(false);
    expect(report.warned.map(({ name, warnings }) => `${name}: ${warnings}`)).toEqual([
      `${app}-lenient: the Service ${app}/dead has no ready endpoint`,
    ]);
    for (const name of ["answered", "lenient"]) {
      expect(await rig.client.find(`${HOOKS}/${app}-${name}`)).toBeDefined();
      await rig.client.delete(`${HOOKS}/${app}-${name}`);
    }

    await rig.client.apply([slice(app, "dead")]);
    const again = await rig.restore(backup, { selection, wait: true, timeoutSeconds: 2 });
    expect(again.failed.map(({ name }) => name)).toEqual([`${app}-lost`]);
    for (const name of ["answered", "blocking", "lenient"]) {
      await rig.client.delete(`${HOOKS}/${app}-${name}`);
    }
  });

  it("that somebody made lenient stay so, under every policy, while nobody answers behind them", async () => {
    const app = uniqueName("app");
    await rig.client.apply([namespace(app), service(app, "dead")]);
    const strict = hook(app, "strict", { service: "dead", failurePolicy: "Fail" });
    const path = `${HOOKS}/${strict.metadata.name}`;
    await rig.client.apply([strict]);
    const backup = await rig.backUp([]);
    await rig.client.request("PATCH", path, {
      body: { webhooks: [{ name: "check.example.com", failurePolicy: "Ignore" }] },
      contentType: "application/strategic-merge-patch+json",
    });
    const before = await rig.client.get(path);
    const selection = { includeResources: ["validatingwebhookconfigurations"], labelSelector: `test=${app}` };

    for (const existing of ["update", "replace", "recreate"] as const) {
      const report = await rig.restore(backup, { selection, existing, wait: false });
      expect(report.failed).toMatchObject([{ outcome: { reason: "service-not-ready" } }]);
    }

    expect(await rig.client.get(path)).toEqual(before);
    await rig.client.delete(path);
  });

  it("wait for pods that come up late, which then restored objects are not refused by", async () => {
    const app = uniqueName("app");
    await rig.client.apply([namespace(app), configMap(app, "first"), service(app, "late")]);
    const late = hook(app, "late", { service: "late", failurePolicy: "Fail" });
    await rig.client.apply([late]);
    const backup = await rig.backUp([]);
    await rig.client.delete(`${HOOKS}/${late.metadata.name}`);
    await rig.removeNamespace(app);
    const selection = {
      includeNamespaces: [app],
      includeResources: ["namespaces", "configmaps", "services", "validatingwebhookconfigurations"],
      includeClusterResources: "true",
    };
    setTimeout(() => {
      void eventually("the service", () => rig.client.find(`/api/v1/namespaces/${app}/services/late`)).then(
        () => rig.client.apply([slice(app, "late")]),
      );
    }, 2_000);

    const slices: (object | undefined)[] = [];
    const { create } = rig.cluster;
    rig.cluster.create = async (ref, ...rest) => {
      if (ref.resource.resource === "validatingwebhookconfigurations" && ref.name === late.metadata.name) {
        slices.push(
          await rig.client.find(`/apis/discovery.k8s.io/v1/namespaces/${app}/endpointslices/late-1`),
        );
      }
      return create(ref, ...rest);
    };

    const report = await rig.restore(backup, { selection, wait: true, timeoutSeconds: 20 }).finally(() => {
      rig.cluster.create = create;
    });

    expect(report.failed).toEqual([]);
    expect(slices).toEqual([expect.objectContaining({ kind: "EndpointSlice" })]);
    expect(await rig.client.find(`/api/v1/namespaces/${app}/configmaps/first`)).toBeDefined();
    expect(await rig.client.find(`${HOOKS}/${late.metadata.name}`)).toBeDefined();
    await rig.client.delete(`${HOOKS}/${late.metadata.name}`);
  });
});

describe("APIServices", () => {
  it("of the server itself are left to it, and those of others return; discovery stays healthy", async () => {
    const app = uniqueName("app");
    const group = `${app}.example.com`;
    await rig.client.apply([namespace(app), service(app, "api")]);
    await rig.client.create(API_SERVICES, {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { name: `v1.${group}` },
      spec: {
        group,
        version: "v1",
        groupPriorityMinimum: 100,
        versionPriority: 1,
        insecureSkipTLSVerify: true,
        service: { namespace: app, name: "api" },
      },
    });
    // As a server of an older version would have made it, and this one does not.
    const removed = {
      name: "v1beta9.batch",
      labels: { "kube-aggregator.kubernetes.io/automanaged": "onstart" },
    };
    await rig.client.create(API_SERVICES, {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: removed,
      spec: { group: "batch", version: "v1beta9", groupPriorityMinimum: 1, versionPriority: 1 },
    });
    const backup = await rig.backUp([]);
    for (const name of [`v1.${group}`, removed.name]) await rig.client.delete(`${API_SERVICES}/${name}`);

    const report = await rig.restore(backup, { selection: { includeResources: ["apiservices"] } });

    expect(report.failed).toEqual([]);
    expect(report.counts.created).toBe(1);
    expect(await rig.client.find(`${API_SERVICES}/v1.${group}`)).toBeDefined();
    expect(await rig.client.find(`${API_SERVICES}/${removed.name}`)).toBeUndefined();
    expect((await rig.client.request("GET", "/apis/batch/v1")).status).toBe(200);
    await rig.client.delete(`${API_SERVICES}/v1.${group}`);
  });
});
