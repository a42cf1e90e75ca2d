import { beforeEach, expect, test } from "vitest";
import { checkConfiguration } from "#core/guard/check-configuration.ts";
import { manifestFiles } from "#core/guard/manifest-files.ts";
import { shippedConfiguration } from "#core/guard/render-guard.ts";
import { GUARD } from "#core/model/guard.ts";
import { type MemoryCluster, memoryCluster, resource } from "#test/doubles/memory-cluster.ts";

const { signal } = new AbortController();
const CONFIGURATIONS = "validatingwebhookconfigurations.admissionregistration.k8s.io";
const shipped = shippedConfiguration(await manifestFiles());
// As manifests/ spell it.
const [webhook] = shipped["webhooks"] as [Record<string, unknown>];

let cluster: MemoryCluster;
beforeEach(() => {
  cluster = memoryCluster({
    resources: [resource(CONFIGURATIONS, "ValidatingWebhookConfiguration", { namespaced: false })],
  });
});

const withWebhook = (changes: object) =>
  cluster.put(CONFIGURATIONS, { ...shipped, webhooks: [{ ...webhook, ...changes }] });

async function problems(): Promise<readonly string[]> {
  return (await checkConfiguration(shipped, cluster, signal)).map(({ problem }) => problem);
}

test("as it was installed, with the bundle that the guard wrote, nothing is wrong with it", async () => {
  withWebhook({ clientConfig: { ...(webhook["clientConfig"] as object), caBundle: "QUJD" } });
  expect(await problems()).toEqual([]);
});

test("it asks to fail closed within five seconds, dry runs too, and for what may weaken protection only", () => {
  expect(webhook).toMatchObject({
    failurePolicy: "Fail",
    timeoutSeconds: 5,
    sideEffects: "NoneOnDryRun",
    matchPolicy: "Equivalent",
    admissionReviewVersions: ["v1"],
    rules: [
      { operations: ["DELETE"], resources: ["namespaces"], scope: "Cluster" },
      {
        operations: ["UPDATE"],
        resources: ["namespaces", "namespaces/status", "namespaces/finalize"],
        scope: "Cluster",
      },
    ],
  });
});

test.each([
  ["failurePolicy", "Ignore"],
  ["rules", [{ operations: ["DELETE"], apiGroups: [""], apiVersions: ["v1"], resources: ["namespaces"] }]],
  ["objectSelector", {}],
  ["namespaceSelector", {}],
  ["matchConditions", [{ name: "never", expression: "false" }]],
  ["matchPolicy", "Exact"],
  ["timeoutSeconds", 1],
  ["sideEffects", "Some"],
  ["admissionReviewVersions", ["v1beta1"]],
])("%s that somebody has changed is found", async (field, value) => {
  withWebhook({ [field]: value });
  expect(await problems()).toEqual([
    expect.stringContaining(`${field} of the webhook configuration is not as installed`),
  ]);
});

test("a configuration that asks somebody else's Service is found; one that calls the guard by URL has its own reasons", async () => {
  const { service } = webhook["clientConfig"] as { service: object };
  withWebhook({ clientConfig: { service: { ...service, name: "yes-man" } } });
  expect(await problems()).toEqual([
    expect.stringContaining("the Service that is asked is not as installed"),
  ]);
  withWebhook({ clientConfig: { url: "https://guard.example/review" } });
  expect(await problems()).toEqual([]);
});

test("where it is gone, or holds other webhooks only, that is what is wrong", async () => {
  expect(await problems()).toEqual([`there is no webhook configuration ${GUARD.name}`]);
  withWebhook({ name: "other.example" });
  expect(await problems()).toEqual([`the webhook configuration has no webhook ${GUARD.webhook}`]);
});
