import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "#test/harness/eventually.ts";
import { faultyKubeProxy } from "#test/harness/faulty-proxy.ts";
import { runCli, startCli } from "#test/harness/run-cli.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { directoryLocation } from "#test/integration/cli/test-location.ts";
import { readBrokenReport } from "./broken-report.ts";
import { configMap, namespace } from "./rig.ts";

const cluster = sharedCluster();
const admin = cluster.adminClient();
let proxy: Awaited<ReturnType<typeof faultyKubeProxy>>;

beforeAll(async () => {
  proxy = await faultyKubeProxy(cluster);
});
afterAll(async () => {
  await proxy.stop();
  admin.close();
});

it("a restore that is interrupted leaves a report of what it did and what not, and exits 130", async () => {
  const [app, copy] = [uniqueName("app"), uniqueName("copy")];
  const names = Array.from({ length: 200 }, (_, index) => `c${index}`);
  await admin.apply([namespace(app), ...names.map((name) => configMap(app, name))]);
  const location = await directoryLocation();
  const at = ["--location", location.url];
  const made = await runCli(["create", "b1", "-n", app, ...at], { kubeconfig: cluster.kubeconfigPath });
  expect(made.code, made.stderr).toBe(0);
  const creations = () => proxy.requests.filter(({ path }) => path.endsWith(`/${copy}/configmaps`));
  // The first hundred go through, what comes then hangs.
  proxy.add({
    when: ({ method, path }) => method === "POST" && path.endsWith(`/${copy}/configmaps`),
    after: 100,
    fault: { delayMs: 60_000 },
  });

  const mapping = ["--namespace-mapping", `${app}:${copy}`];
  const running = await startCli(["restore", "b1", "--name", "r1", ...mapping, ...at], {
    kubeconfig: proxy.kubeconfigPath,
  });
  await eventually("creations that hang", async () => creations().length > 110);
  running.signal("SIGINT");
  const { code, stderr } = await running.result;

  expect(code, stderr).toBe(130);
  expect(stderr).toMatch(/what was done until then is in \S*restores\/r1\//);
  const report = await readBrokenReport(location.path, "r1");
  expect(report).toMatchObject({ complete: false, interrupted: expect.stringContaining("interrupted") });
  const there = (await admin.list(`/api/v1/namespaces/${copy}/configmaps`)).length;
  const missing = report.unfinished.find((kind: { resource: string }) => kind.resource === "configmaps");
  // Not more than is there counts as done, and whatever is not done is counted.
  expect(report.counts.created).toBeGreaterThan(50);
  expect(report.counts.created).toBeLessThanOrEqual(there + 1);
  expect(report.counts.created + report.counts.skipped + missing.count).toBeGreaterThanOrEqual(200);
  await location.remove();
});
