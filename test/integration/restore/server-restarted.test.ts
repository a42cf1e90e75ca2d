import { afterAll, beforeAll, expect, it } from "vitest";
import { type ControlPlane, startControlPlane } from "#test/harness/control-plane.ts";
import { eventually } from "#test/harness/eventually.ts";
import type { RecordedRequest } from "#test/harness/faults.ts";
import { faultyKubeProxy } from "#test/harness/faulty-proxy.ts";
import type { ApplyObject } from "#test/harness/kube-client.ts";
import { runCli, startCli } from "#test/harness/run-cli.ts";
import { uniqueName } from "#test/harness/shared.ts";
import { directoryLocation } from "#test/integration/cli/test-location.ts";
import { namespace } from "./rig.ts";

let servers: ControlPlane;
beforeAll(async () => {
  servers = await startControlPlane();
});
afterAll(() => servers.stop());

/** Created asleep, and woken by a last step once all are there. */
function cronJob(app: string, name: string): ApplyObject {
  const template = { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "pause" }] } };
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { namespace: app, name },
    spec: { schedule: "0 0 1 1 *", jobTemplate: { spec: { template } } },
  };
}

it("a restore in the middle of which the API server is restarted brings everything once, to its last steps, at the latest when it is gone on with", async () => {
  const { kubeconfigPath: kubeconfig } = servers;
  const admin = servers.adminClient();
  const [app, copy] = [uniqueName("app"), uniqueName("copy")];
  const names = Array.from({ length: 200 }, (_, index) => `c${index}`);
  await admin.apply([namespace(app), ...names.map((name) => cronJob(app, name))]);
  const location = await directoryLocation();
  const at = ["--location", location.url];
  const made = await runCli(["create", "b1", "-n", app, ...at], { kubeconfig });
  expect(made.code, made.stderr).toBe(0);
  const live = () => admin.list(`/apis/batch/v1/namespaces/${copy}/cronjobs`);
  const uidsOf = (found: Awaited<ReturnType<typeof live>>) =>
    Object.fromEntries(found.map(({ metadata }) => [metadata.name, metadata["uid"]]));

  const proxy = await faultyKubeProxy(servers);
  const isCreation = ({ method, path }: RecordedRequest) =>
    method === "POST" && path.endsWith(`/${copy}/cronjobs`);
  const creations = () => proxy.requests.filter(isCreation);
  // Those that come next find nobody, however fast or busy the machine is.
  const { promise: down, resolve: goOn } = Promise.withResolvers<void>();
  proxy.add({ when: isCreation, after: 60, fault: { heldUntil: down } });
  const mapping = ["--namespace-mapping", `${app}:${copy}`, "--include-external"];
  const restore = ["restore", "b1", ...mapping, "--wait=false", ...at];
  const running = await startCli(restore, { kubeconfig: proxy.kubeconfigPath });
  await eventually("creations under way", async () => creations().length > 60);
  const before = uidsOf(await live());
  expect(Object.keys(before).length).toBeGreaterThan(0);
  await servers.restartApiserver(goOn);
  const first = await running.result;
  expect(new Set(creations().map(({ status }) => status))).not.toEqual(new Set([201]));
  // How long the restart takes is the machine's affair: a run that gave up is gone on with by the same command.
  expect([0, 6], first.stderr).toContain(first.code);
  if (first.code === 6) {
    const second = await runCli(restore, { kubeconfig });
    expect(second.stderr).toContain("Resuming restore/b1-");
    expect(second.code, second.stderr).toBe(0);
  }

  const after = await live();
  expect(after).toHaveLength(names.length);
  expect(uidsOf(after)).toMatchObject(before);
  expect(after.filter(({ spec }) => (spec as { suspend?: boolean }).suspend !== false)).toEqual([]);
  expect(JSON.stringify(after)).not.toContain("pending-steps");
  const third = await runCli(restore, { kubeconfig });
  expect(third.stdout).toMatch(/^0 created, 0 updated/m);
  await proxy.stop();
  await location.remove();
  admin.close();
});
