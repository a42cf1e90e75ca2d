// Velero's restore hooks, in pods that really run.
import { afterAll, beforeAll, expect, test } from "vitest";
import { barePod, initHook, podPair, postHook } from "#test/fixtures/hooked-pods.ts";
import { eventually } from "#test/harness/eventually.ts";
import type { ApplyObject } from "#test/harness/kube-client.ts";
import { type CliResult, runCli, startCli } from "#test/harness/run-cli.ts";
import { s3Environment } from "#test/harness/s3-server.ts";
import { sharedCluster, sharedS3, uniqueName } from "#test/harness/shared.ts";

const cluster = sharedCluster();
const s3 = sharedS3();
const client = cluster.adminClient();
const location = `s3://${s3.bucket}/${uniqueName("hooks")}?endpoint=${s3.endpoint}&pathStyle=true`;
const options = { kubeconfig: cluster.kubeconfigPath, env: s3Environment(s3) };
const namespaces: string[] = [];

/** Saves these objects, which never run here, and gives the name of a copy to restore them to. */
async function saved(of: (namespace: string) => readonly ApplyObject[]) {
  const [app, copy] = [uniqueName("app"), uniqueName("copy")];
  namespaces.push(app, copy);
  await client.apply([{ apiVersion: "v1", kind: "Namespace", metadata: { name: app } }, ...of(app)]);
  const made = await runCli(["create", app, "-n", app, "--location", location], options);
  expect(made.code, made.stderr).toBe(0);
  await cluster.adminKubectl(["delete", "namespace", app, "--wait=false"]);
  return { copy, args: ["restore", app, "--namespace-mapping", `${app}:${copy}`, "--location", location] };
}

function inPod(copy: string, pod: string, script: string): Promise<string> {
  return cluster.adminKubectl(["exec", pod, "-n", copy, "-c", "main", "--", "sh", "-c", script]);
}

interface Hook {
  readonly name: string;
  readonly pod?: string;
  readonly hook: string;
  readonly result: string;
  readonly message?: string;
}

function hooksOf({ stdout, stderr }: CliResult): readonly Hook[] {
  expect(stdout, stderr).toMatch(/^\{/);
  return JSON.parse(stdout).hooks;
}

const ends = (result: CliResult) =>
  hooksOf(result)
    .map(({ name, hook, result: how, message }) => [name, hook, how, message])
    .toSorted();

let free: Awaited<ReturnType<typeof saved>>;
beforeAll(async () => {
  free = await saved((namespace) => [
    barePod({ namespace, name: "db" }, { ...postHook("echo filled > /mark"), ...initHook("echo prepared") }),
    podPair({ namespace, name: "web" }, postHook("cat /etc/hostname > /mark")),
    barePod({ namespace, name: "late" }, postHook("cat /ready > /mark", { "wait-for-ready": "true" }), {
      start: "sleep 2; echo yes > /ready",
      ready: "test -f /ready",
    }),
  ]);
});

afterAll(async () => {
  await cluster.adminKubectl(["delete", "namespace", "--wait=false", "--ignore-not-found", ...namespaces]);
  client.close();
});

test("commands run in restored pods and in those that a restored Deployment makes, an init container before them", async () => {
  const restored = await runCli([...free.args, "-o", "json"], options);

  expect(restored.code, restored.stderr).toBe(0);
  expect(ends(restored)).toEqual([
    ["db", "exec", "ran", undefined],
    ["db", "init", "ran", undefined],
    ["late", "exec", "ran", undefined],
    ["web", "exec", "ran", undefined],
    ["web", "exec", "ran", undefined],
  ]);
  expect(await inPod(free.copy, "db", "cat /mark")).toBe("filled\n");
  expect(await inPod(free.copy, "late", "cat /mark")).toBe("yes\n");
  const pods = hooksOf(restored).flatMap(({ name, pod }) =>
    name === "web" && pod !== undefined ? [pod] : [],
  );
  expect(new Set(pods).size).toBe(2);
  for (const pod of pods) expect(await inPod(free.copy, pod, "cat /mark")).toBe(`${pod}\n`);
  expect(await cluster.adminKubectl(["logs", "db", "-n", free.copy, "-c", "prepare"])).toBe("prepared\n");
});

test("the same restore again runs none of them: what is there is left alone", async () => {
  const again = await runCli([...free.args, "--strict", "-o", "json"], options);

  expect(again.code, again.stderr).toBe(0);
  expect(hooksOf(again)).toEqual([]);
});

test("what fails, does not start, does not end or is waited for in vain is named, without a word of its output", async () => {
  const { args } = await saved((namespace) => [
    barePod({ namespace, name: "fails" }, postHook("echo hunter2; echo hunter2 >&2; exit 7")),
    barePod({ namespace, name: "absent" }, postHook("", { command: "no-such-program" })),
    barePod({ namespace, name: "hangs" }, postHook("sleep 600", { "exec-timeout": "1s" })),
    barePod({ namespace, name: "never" }, postHook("true", { "wait-timeout": "3s" }), {
      image: "localhost/never-made:1",
    }),
    barePod({ namespace, name: "well" }, postHook("true")),
  ]);

  const restored = await runCli([...args, "--wait=false", "-o", "json"], options);

  expect(restored.code).toBe(3);
  expect(ends(restored)).toEqual([
    ["absent", "exec", "failed", expect.stringMatching(/^it did not start: .*no-such-program/)],
    ["fails", "exec", "failed", "exit code 7"],
    ["hangs", "exec", "failed", "it had not ended after 1 s, and may still be running in its container"],
    ["never", "exec", "not-run", expect.stringMatching(/^after 3 s: container main does not run: /)],
    ["well", "exec", "ran", undefined],
  ]);
  expect(restored.stderr).toMatch(/^hook of pods \S+\/fails \(container main\) failed: exit code 7$/m);
  expect(restored.stdout + restored.stderr).not.toContain("hunter2");
});

test("a caller who may not run commands gets the objects back, and each hook that he may not run is named", async () => {
  const user = uniqueName("user");
  const { copy, args } = await saved((namespace) => [barePod({ namespace, name: "db" }, postHook("true"))]);
  const { stdout } = await runCli(["rbac", "restore", "-o", "json"], options);
  const group = "rbac.authorization.k8s.io";
  const roleRef = { apiGroup: group, kind: "ClusterRole", name: user };
  const subjects = [{ apiGroup: group, kind: "User", name: user }];
  const apiVersion = `${group}/v1`;
  await client.apply([
    { ...JSON.parse(stdout), metadata: { name: user } },
    { apiVersion, kind: "ClusterRoleBinding", metadata: { name: user }, roleRef, subjects },
  ]);
  const kubeconfig = await cluster.withClientCert({ user });

  const restored = await runCli([...args, "-o", "json"], { ...options, kubeconfig });

  expect(restored.code, restored.stderr).toBe(3);
  expect(ends(restored)).toEqual([
    [
      "db",
      "exec",
      "failed",
      expect.stringMatching(`pods ${copy}/db: .*cannot (create|get) resource "pods/exec"`),
    ],
  ]);
  await cluster.adminKubectl(["delete", "clusterrole,clusterrolebinding", user]);
});

test("killed between hooks, it is gone on with: none runs twice, and one that was under way is named", async () => {
  const mark = "echo once >> /mark";
  const { copy, args } = await saved((namespace) => [
    barePod({ namespace, name: "first" }, postHook(mark)),
    barePod({ namespace, name: "second" }, postHook(`${mark}; sleep 600`, { "exec-timeout": "30m" })),
    barePod({ namespace, name: "third" }, postHook(mark, { "wait-for-ready": "true" }), {
      ready: "test -f /ready",
    }),
  ]);
  const marks = (pod: string) => inPod(copy, pod, "cat /mark 2>/dev/null || true").catch(() => "");
  const running = await startCli(args, options);
  const begun = async () => (await marks("first")) !== "" && (await marks("second")) !== "";
  await Promise.race([eventually("two hooks to begin", begun, { timeoutMs: 120_000 }), running.result]);
  running.signal("SIGKILL");
  expect((await running.result).signal).toBe("SIGKILL");
  await inPod(copy, "third", "touch /ready");

  const resumed = await runCli([...args, "-o", "json"], options);

  expect(resumed.stderr).toContain("Resuming restore/");
  expect(resumed.code).toBe(3);
  const told = Object.fromEntries(hooksOf(resumed).map(({ name, ...end }) => [name, end]));
  // Its end may not have been stored yet: then it is named, and not run again either.
  expect(["ran", "failed"]).toContain(told["first"]?.result);
  expect(told["second"]).toMatchObject({ result: "failed", message: expect.stringContaining("broke off") });
  expect(told["third"]).toMatchObject({ result: "ran" });
  for (const pod of ["first", "second", "third"]) expect(await marks(pod)).toBe("once\n");
});
