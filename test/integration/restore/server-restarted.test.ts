import { afterAll, beforeAll, expect, it } from "vitest";
import { type ControlPlane, startControlPlane } from "#test/harness/control-plane.ts";
import { eventually } from "#test/harness/eventually.ts";
import { faultyKubeProxy } from "#test/harness/faulty-proxy.ts";
import { runCli, startCli } from "#test/harness/run-cli.ts";
import { uniqueName } from "#test/harness/shared.ts";
import { directoryLocation } from "#test/integration/cli/test-location.ts";
import { configMap, deployment, namespace } from "./rig.ts";

let servers: ControlPlane;
beforeAll(async () => {
  servers = await startControlPlane();
});
afterAll(() => servers.stop());

it("a restore in the middle of which the API server is restarted brings everything once, at the latest when it is gone on with", async () => {
  const { kubeconfigPath: kubeconfig } = servers;
  const admin = servers.adminClient();
  const [app, copy] = [uniqueName("app"), uniqueName("copy")];
  const names = Array.from({ length: 400 }, (_, index) => `c${index}`);
  await admin.apply([namespace(app), deployment(app, "web"), ...names.map((name) => configMap(app, name))]);
  const web = await admin.get(`/apis/apps/v1/namespaces/${app}/deployments/web`);
  const { uid } = web.metadata;
  const ownerReferences = [{ apiVersion: "apps/v1", kind: "Deployment", name: "web", uid }];
  await admin.patch(`/api/v1/namespaces/${app}/configmaps/c0`, { metadata: { ownerReferences } }, "merge");
  const location = await directoryLocation();
  const at = ["--location", location.url];
  const made = await runCli(["create", "b1", "-n", app, ...at], { kubeconfig });
  expect(made.code, made.stderr).toBe(0);
  const live = async () => {
    const found = await admin.list(`/api/v1/namespaces/${copy}/configmaps`);
    return found.filter(({ metadata }) => names.includes(metadata.name));
  };
  const uidsOf = (found: Awaited<ReturnType<typeof live>>) =>
    Object.fromEntries(found.map(({ metadata }) => [metadata.name, metadata["uid"]]));

  // Slow enough to be met in the middle, however fast the machine is.
  const proxy = await faultyKubeProxy(servers);
  const creations = () => proxy.requests.filter(({ path }) => path.endsWith(`/${copy}/configmaps`));
  proxy.add({
    when: ({ method, path }) => method === "POST" && path.endsWith(`/${copy}/configmaps`),
    fault: { delayMs: 150 },
  });
  const restore = ["restore", "b1", "--namespace-mapping", `${app}:${copy}`, "--wait=false", ...at];
  const running = await startCli(restore, { kubeconfig: proxy.kubeconfigPath });
  await eventually("creations under way", async () => creations().length > 100);
  const before = uidsOf(await live());
  await servers.restartApiserver();
  const first = await running.result;
  // How long the restart takes is the machine's affair: a run that gave up is gone on with by the same command.
  expect([0, 6], first.stderr).toContain(first.code);
  if (first.code === 6) {
    proxy.clear();
    const second = await runCli(restore, { kubeconfig });
    expect(second.stderr).toContain("Resuming restore/b1-");
    expect(second.code, second.stderr).toBe(0);
  }

  const after = await live();
  expect(after).toHaveLength(names.length);
  expect(uidsOf(after)).toMatchObject(before);
  expect(JSON.stringify(after)).not.toContain("pending-steps");
  const deployed = await admin.get(`/apis/apps/v1/namespaces/${copy}/deployments/web`);
  const owned = after.find(({ metadata }) => metadata.name === "c0");
  expect(owned?.metadata["ownerReferences"]).toEqual([
    expect.objectContaining({ name: "web", uid: deployed.metadata["uid"] }),
  ]);
  const third = await runCli(restore, { kubeconfig });
  expect(third.stdout).toMatch(/^0 created, 0 updated/m);
  await proxy.stop();
  await location.remove();
  admin.close();
});
