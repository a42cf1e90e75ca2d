import { afterAll, expect, it } from "vitest";
import { eventually } from "#test/harness/eventually.ts";
import { faultyKubeProxy } from "#test/harness/faulty-proxy.ts";
import { runCli, startCli } from "#test/harness/run-cli.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { directoryLocation } from "#test/integration/cli/test-location.ts";
import { readBrokenReport } from "./broken-report.ts";
import { configMap, namespace } from "./rig.ts";

const cluster = sharedCluster();
const admin = cluster.adminClient();
afterAll(() => admin.close());

it("a restore whose cluster goes away in the middle stops, leaves a report of what was not done, and exits 6", async () => {
  const [app, copy] = [uniqueName("app"), uniqueName("copy")];
  const names = Array.from({ length: 300 }, (_, index) => `c${index}`);
  await admin.apply([namespace(app), ...names.map((name) => configMap(app, name))]);
  const location = await directoryLocation();
  const at = ["--location", location.url];
  const made = await runCli(["create", "b1", "-n", app, ...at], { kubeconfig: cluster.kubeconfigPath });
  expect(made.code, made.stderr).toBe(0);
  const proxy = await faultyKubeProxy(cluster);
  const creations = () => proxy.requests.filter(({ path }) => path.endsWith(`/${copy}/configmaps`));
  // The first fifty go through at once, what comes then is under way when nothing answers at that address any more.
  proxy.add({
    when: ({ method, path }) => method === "POST" && path.endsWith(`/${copy}/configmaps`),
    after: 50,
    fault: { delayMs: 60_000 },
  });

  const mapping = ["--namespace-mapping", `${app}:${copy}`];
  const running = await startCli(["restore", "b1", "--name", "r1", ...mapping, ...at], {
    kubeconfig: proxy.kubeconfigPath,
  });
  await eventually("creations under way", async () => creations().length > 55);
  await proxy.stop();
  const goneAt = performance.now();
  const { code, stderr } = await running.result;

  expect(code, stderr).toBe(6);
  // Ten seconds of trying whether the server comes back, and five for a last question.
  expect(performance.now() - goneAt).toBeLessThan(30_000);
  expect(stderr).toContain("cannot connect to");
  expect(stderr).toMatch(/what was done until then is in \S*restores\/r1\//);
  const report = await readBrokenReport(location.path, "r1");
  expect(report).toMatchObject({
    complete: false,
    interrupted: expect.stringContaining("cannot connect to"),
  });
  expect(report.counts).toMatchObject({ failed: 0 });
  expect(report.counts.created).toBeGreaterThan(40);
  const missing = report.unfinished.find((kind: { resource: string }) => kind.resource === "configmaps");
  expect(report.counts.created + report.counts.skipped + missing.count).toBeGreaterThanOrEqual(300);
  await location.remove();
});
