import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "#test/harness/eventually.ts";
import type { RecordedRequest } from "#test/harness/faults.ts";
import { faultyKubeProxy } from "#test/harness/faulty-proxy.ts";
import { type CliResult, runCli, startCli } from "#test/harness/run-cli.ts";
import { scratchDirectory } from "#test/harness/scratch.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { directoryLocation } from "#test/integration/cli/test-location.ts";
import { configMap, cronJob, customKind, deployment, namespace, openRig, type Rig } from "./rig.ts";

const PENDING = "kubectl-backup.io/pending-steps";

const cluster = sharedCluster();
const app = uniqueName("app");
let rig: Rig;
let custom: Awaited<ReturnType<typeof customKind>>;
let location: Awaited<ReturnType<typeof directoryLocation>>;
let proxy: Awaited<ReturnType<typeof faultyKubeProxy>>;

/** An owner that comes after what it owns, a status, a CronJob that runs: each with a step after its creation. */
beforeAll(async () => {
  rig = await openRig(cluster);
  custom = await customKind(rig);
  location = await directoryLocation();
  proxy = await faultyKubeProxy(cluster);
  const volumes = [{ name: "settings", configMap: { name: "settings" } }];
  await rig.client.apply([
    namespace(app),
    deployment(app, "web", { volumes }),
    configMap(app, "plain"),
    cronJob(app, "nightly"),
  ]);
  const { uid } = (await rig.client.get(`/apis/apps/v1/namespaces/${app}/deployments/web`)).metadata;
  const ownerReferences = [{ apiVersion: "apps/v1", kind: "Deployment", name: "web", uid }];
  await rig.client.apply([
    { ...configMap(app, "settings"), metadata: { namespace: app, name: "settings", ownerReferences } },
  ]);
  await rig.client.create(custom.path(app), { ...custom.type, metadata: { name: "one" } });
  await rig.client.patch(`${custom.path(app)}/one/status`, { status: { phase: "Good" } }, "merge");
  const made = await runCli(["create", "b1", "-n", app, "--location", location.url], direct);
  expect(made.code, made.stderr).toBe(0);
});
afterAll(async () => {
  await custom.remove();
  await proxy.stop();
  await location.remove();
  await rig.stop();
});

const direct = { kubeconfig: cluster.kubeconfigPath };

function restoreInto(copy: string, ...more: readonly string[]): readonly string[] {
  const how = ["--include-external", "--keep-managed-fields", "--include-status", custom.kind.resource];
  const where = ["--namespace-mapping", `${app}:${copy}`, "--location", location.url];
  return ["restore", "b1", ...where, ...how, ...more];
}

/** Kills the restore when the request arrives, which never reaches the server. */
async function killAt(args: readonly string[], isMeant: (request: RecordedRequest) => boolean) {
  proxy.clear();
  const before = proxy.requests.length;
  proxy.add({ when: isMeant, fault: { delayMs: 600_000 } });
  const running = await startCli(args, { kubeconfig: proxy.kubeconfigPath });
  const arrived = () => proxy.requests.slice(before).some(isMeant);
  await Promise.race([eventually("the step", async () => arrived(), { timeoutMs: 30_000 }), running.result]);
  running.signal("SIGKILL");
  const end = await running.result;
  expect(end.signal, end.stderr).toBe("SIGKILL");
  proxy.clear();
}

/** Runs on through a proxy that only looks on. */
async function again(args: readonly string[]): Promise<{ end: CliResult; writes: RecordedRequest[] }> {
  const before = proxy.requests.length;
  const end = await runCli(args, { kubeconfig: proxy.kubeconfigPath });
  const writes = proxy.requests
    .slice(before)
    .filter(({ method, path }) => method !== "GET" && !path.includes("selfsubject"));
  return { end, writes };
}

async function objectsOf(copy: string) {
  const read = (path: string) => rig.client.find(path);
  const [settings, plain, web, nightly, one] = await Promise.all([
    read(`/api/v1/namespaces/${copy}/configmaps/settings`),
    read(`/api/v1/namespaces/${copy}/configmaps/plain`),
    read(`/apis/apps/v1/namespaces/${copy}/deployments/web`),
    read(`/apis/batch/v1/namespaces/${copy}/cronjobs/nightly`),
    read(`${custom.path(copy)}/one`),
  ]);
  return { settings, plain, web, nightly, one };
}

type Objects = Awaited<ReturnType<typeof objectsOf>>;

function uidsOf(objects: Objects): Record<string, unknown> {
  const entries = Object.entries(objects).flatMap(([name, object]) =>
    object === undefined ? [] : [[name, object.metadata["uid"]] as const],
  );
  return Object.fromEntries(entries);
}

function managersOf(object: Objects["web"]): readonly unknown[] {
  const fields = object?.metadata["managedFields"] as readonly { manager: string }[] | undefined;
  return (fields ?? []).map(({ manager }) => manager);
}

async function expectWhole(copy: string): Promise<Objects> {
  const objects = await objectsOf(copy);
  const { settings, nightly, one, web } = objects;
  expect(settings?.metadata["ownerReferences"]).toEqual([
    expect.objectContaining({ kind: "Deployment", name: "web", uid: web?.metadata["uid"] }),
  ]);
  expect(one).toMatchObject({ status: { phase: "Good" } });
  expect(nightly).toMatchObject({ spec: { suspend: false } });
  const original = await rig.client.get(`/apis/apps/v1/namespaces/${app}/deployments/web`);
  expect(managersOf(web)).toEqual(expect.arrayContaining([...managersOf(original)]));
  for (const object of Object.values(objects)) {
    expect(object?.metadata["annotations"] ?? {}).not.toHaveProperty([PENDING]);
  }
  return objects;
}

const isPatch =
  (end: string) =>
  ({ method, path }: RecordedRequest): boolean =>
    method === "PATCH" && path.endsWith(end);

describe("a restore that is killed after it has created everything", () => {
  it.each([
    ["owner references", () => isPatch("/configmaps/settings")],
    ["status", () => isPatch(`/${custom.kind.resource}/one/status`)],
    ["managed fields", () => isPatch("/deployments/web")],
    ["un-suspending a CronJob", () => isPatch("/cronjobs/nightly")],
  ])("before %s is completed by the same command, and nothing is done twice", async (_, step) => {
    const copy = uniqueName("copy");
    await killAt(restoreInto(copy, "--wait=false"), step());
    const before = await objectsOf(copy);
    const lacking = Object.values(before).filter((object) => object?.metadata["annotations"]);
    expect(JSON.stringify(lacking)).toContain(PENDING);

    const { end, writes } = await again(restoreInto(copy, "--wait=false"));
    expect(end.code, end.stderr).toBe(0);
    expect(end.stderr).toMatch(/Resuming restore\/b1-[0-9a-f-]+: begun \d+s ago/);
    const after = await expectWhole(copy);
    expect(uidsOf(after)).toMatchObject(uidsOf(before));
    // No object is created that was there, none is patched twice but for its status.
    const creations = writes.filter(({ method }) => method === "POST").map(({ path }) => path);
    expect(new Set(creations).size).toBe(creations.length);
    expect(Object.keys(uidsOf(before))).toHaveLength(5);
    expect(creations).toEqual([]);
    expect(writes.every(({ status }) => status === 200)).toBe(true);

    const [name] = /b1-\d{8}-\d{6}-[0-9a-f]{5}/.exec(end.stderr) ?? [""];
    const listed = await runCli(["restores", name, "--location", location.url, "-o", "json"], direct);
    expect(JSON.parse(listed.stdout)).toMatchObject({
      status: "Completed",
      report: { counts: { failed: 0, updated: 0 }, troubles: [], id: JSON.parse(listed.stdout).record.id },
    });

    const third = await again(restoreInto(copy, "--wait=false"));
    expect(third.end.code, third.end.stderr).toBe(0);
    expect(third.end.stderr).not.toContain("Resuming");
    expect(third.writes).toEqual([]);
    expect(third.end.stdout).toMatch(/^0 created, 0 updated/m);
  });
});

it("a restore that is killed in the middle of creating is completed by the same command", async () => {
  const copy = uniqueName("copy");
  const isCreation = ({ method, path }: RecordedRequest) =>
    method === "POST" && path.endsWith("/deployments");
  await killAt(restoreInto(copy, "--wait=false"), isCreation);
  const before = await objectsOf(copy);
  expect(before.web).toBeUndefined();
  const { end } = await again(restoreInto(copy, "--wait=false"));
  expect(end.code, end.stderr).toBe(0);
  expect(uidsOf(await expectWhole(copy))).toMatchObject(uidsOf(before));
});

it("a restore that is still at work is not resumed but followed, and its killed run is told from it", async () => {
  const copy = uniqueName("copy");
  const args = restoreInto(copy, "--wait=false", "--name", "r-watched");
  proxy.clear();
  proxy.add({ when: isPatch("/cronjobs/nightly"), fault: { delayMs: 600_000 } });
  const running = await startCli(args, { kubeconfig: proxy.kubeconfigPath });
  const at = ["--location", location.url];
  await eventually("its journal", async () => {
    const listed = await runCli(["restores", "r-watched", ...at, "-o", "json"], direct);
    return listed.code === 0 && JSON.parse(listed.stdout).status === "Running";
  });

  const second = await runCli(args, direct);
  expect(second.code, second.stderr).toBe(5);
  expect(second.stderr).toContain("restore/r-watched is still at work: begun");

  const watching = await startCli(["watch", "r-watched", ...at, "-o", "json"], direct);
  await watching.waitForLine(/"type":"item".*"name":"nightly"/);
  running.signal("SIGKILL");
  await running.result;
  const watched = await watching.result;
  expect(watched.code, watched.stderr).toBe(3);
  expect(watched.stdout).toMatch(/"type":"over".*"status":"Unfinished"/);

  proxy.clear();
  const named = await runCli([...restoreInto(copy, "--wait=false"), "--resume", "r-watched"], direct);
  expect(named.code, named.stderr).toBe(0);
  await expectWhole(copy);
  const after = await runCli(["watch", "restore/r-watched", ...at], direct);
  expect(after.code, after.stderr).toBe(0);
  expect(after.stdout).toContain("Completed");
  expect((await runCli(["logs", "restore/r-watched", ...at], direct)).stdout).toContain("ended:");
  const over = await runCli([...restoreInto(copy), "--resume", "r-watched"], direct);
  expect(over.code, over.stderr).toBe(5);
  expect(over.stderr).toContain("has ended (Completed)");
});

it("a restore that was interrupted is completed by the same command, another one is not taken for it", async () => {
  const copy = uniqueName("copy");
  const args = restoreInto(copy, "--wait=false");
  proxy.clear();
  proxy.add({ when: isPatch("/configmaps/settings"), fault: { delayMs: 600_000 } });
  const before = proxy.requests.length;
  const running = await startCli(args, { kubeconfig: proxy.kubeconfigPath });
  await eventually("the step", async () =>
    proxy.requests.slice(before).some(isPatch("/configmaps/settings")),
  );
  running.signal("SIGINT");
  expect((await running.result).code).toBe(130);
  proxy.clear();

  const other = await runCli([...args, "--existing", "update", "--dry-run"], direct);
  expect(other.stderr).not.toContain("resume");
  const anew = await runCli([...args, "--no-resume", "--dry-run"], direct);
  expect(anew.stderr).not.toContain("resume");
  const plan = await runCli([...args, "--dry-run"], direct);
  expect(plan.stderr).toContain("Would resume restore/b1-");
  const [name = ""] = /b1-\d{8}-\d{6}-[0-9a-f]{5}/.exec(plan.stderr) ?? [];
  const log = await runCli(["logs", `restore/${name}`, "--location", location.url], direct);
  expect(log.stdout).toContain("the restore broke off");

  const { end } = await again(args);
  expect(end.code, end.stderr).toBe(0);
  expect(end.stderr).toContain(`Resuming restore/${name}`);
  await expectWhole(copy);
});

it("a restore from a location that takes nothing keeps its record on this machine, and is completed from there", async () => {
  const copy = uniqueName("copy");
  const home = await scratchDirectory("home");
  const readOnly = `${location.url}?readOnly=true`;
  const args = restoreInto(copy, "--wait=false").map((word) => (word === location.url ? readOnly : word));
  proxy.clear();
  proxy.add({ when: isPatch("/cronjobs/nightly"), fault: { delayMs: 600_000 } });
  const before = proxy.requests.length;
  const running = await startCli(args, { kubeconfig: proxy.kubeconfigPath, home: home.path });
  await eventually("the step", async () => proxy.requests.slice(before).some(isPatch("/cronjobs/nightly")));
  running.signal("SIGKILL");
  expect((await running.result).stderr).toContain("could not be stored beside the backup");
  proxy.clear();
  const here = { ...direct, home: home.path };
  const end = await runCli(args, here);
  expect(end.code, end.stderr).toBe(0);
  expect(end.stderr).toContain("Resuming restore/b1-");
  await expectWhole(copy);
  const listed = await runCli(["restores", "--location", readOnly, "-o", "json"], here);
  const { restores } = JSON.parse(listed.stdout);
  expect(restores).toContainEqual(
    expect.objectContaining({ status: "Completed", storedAt: expect.stringContaining(home.path) }),
  );
  await home.remove();
});
