import { expect, test } from "vitest";
import { checkHealth } from "#core/guard/check-health.ts";
import type { GuardObject } from "#core/guard/render-guard.ts";
import { memoryCluster } from "#test/doubles/memory-cluster.ts";

const SHIPPED = { kind: "ValidatingWebhookConfiguration", webhooks: [] } as unknown as GuardObject;

const healthOf = (cluster: ReturnType<typeof memoryCluster>) =>
  checkHealth({ cluster, shipped: SHIPPED, now: new Date(0), signal: new AbortController().signal });

test("no webhook configuration asks a guard: to whoever may not look for its Deployment that is one finding, not four", async () => {
  const cluster = memoryCluster();
  for (const resource of ["deployments.apps", "namespaces"]) cluster.refuse({ resource, status: 403 });
  expect(await healthOf(cluster)).toMatchObject({
    isInstalled: false,
    checks: [
      {
        check: "guard",
        state: "failed",
        detail:
          "no webhook configuration of a guard is in this cluster: every namespace can be deleted without a backup, whatever its labels",
      },
    ],
  });
});

test("where nothing of a guard is to be seen, none is installed", async () => {
  expect(await healthOf(memoryCluster())).toMatchObject({
    isInstalled: false,
    checks: [
      {
        detail:
          "no guard is installed in this cluster: every namespace can be deleted without a backup, whatever its labels",
      },
    ],
  });
});

test("what may not be read at all is told as such", async () => {
  const cluster = memoryCluster();
  for (const resource of [
    "deployments.apps",
    "namespaces",
    "validatingwebhookconfigurations.admissionregistration.k8s.io",
  ])
    cluster.refuse({ resource, status: 403 });
  const { isInstalled, checks } = await healthOf(cluster);
  expect([isInstalled, checks.map(({ state }) => state)]).toEqual([
    true,
    ["unknown", "unknown", "unknown", "unknown"],
  ]);
});
