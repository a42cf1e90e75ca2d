import { afterAll, beforeAll, expect, it } from "vitest";
import type { ApplyObject } from "#test/harness/kube-client.ts";
import { runCli } from "#test/harness/run-cli.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { directoryLocation } from "#test/integration/cli/test-location.ts";
import { deployment, namespace, openRig, type Rig } from "./rig.ts";

// Where no kubelet runs: what is planned, what is written, and what is said of what cannot run.
const POST = "post.hook.restore.velero.io";
const INIT = "init.hook.restore.velero.io";
const app = uniqueName("app");
const admin = { kubeconfig: sharedCluster().kubeconfigPath };
let rig: Rig;
let location: Awaited<ReturnType<typeof directoryLocation>>;

function annotated(object: ApplyObject): ApplyObject {
  const annotations = {
    [`${POST}/command`]: '["/bin/sh", "-c", "fill --password hunter2"]',
    [`${INIT}/container-image`]: "tools:1",
    [`${INIT}/container-name`]: "first",
  };
  if (object.kind === "Pod") return { ...object, metadata: { ...object.metadata, annotations } };
  // A Deployment, as the rig makes it.
  const spec = object["spec"] as { template: { metadata: object } };
  const template = { ...spec.template, metadata: { ...spec.template.metadata, annotations } };
  return { ...object, spec: { ...spec, template } };
}

const pod: ApplyObject = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { namespace: app, name: "db" },
  spec: { containers: [{ name: "main", image: "pause" }] },
};

beforeAll(async () => {
  rig = await openRig(sharedCluster());
  location = await directoryLocation();
  await rig.client.apply([namespace(app), annotated(pod), annotated(deployment(app, "web"))]);
  const made = await runCli(["create", "b1", "-n", app, "--location", location.url], admin);
  expect(made.code, made.stderr).toBe(0);
});
afterAll(async () => {
  await location.remove();
  await rig.stop();
});

function restore(copy: string, more: readonly string[] = [], options: object = admin) {
  const where = ["--namespace-mapping", `${app}:${copy}`, "--location", location.url];
  return runCli(["restore", "b1", ...where, ...more], options);
}

it("the plan lists the hooks, which of them cannot run, and no argument of a command", async () => {
  const plan = await restore(uniqueName("copy"), ["--dry-run", "-o", "json"]);
  expect(plan.code).toBe(3);
  expect(
    JSON.parse(plan.stdout).hooks.map((one: Record<string, unknown>) => [
      one["resource"],
      one["hook"],
      one["runs"],
    ]),
  ).toEqual([
    ["deployments", "exec", true],
    ["deployments", "init", false],
    ["pods", "exec", true],
    ["pods", "init", true],
  ]);
  const text = await restore(uniqueName("copy"), ["--dry-run"]);
  expect(text.stdout).toMatch(/pods \S+\/db +main +\/bin\/sh +when its container runs/);
  expect(text.stdout + plan.stdout).not.toContain("hunter2");
});

it("the plan names the right to run commands where the caller lacks it, and the roles for it grant it", async () => {
  const user = uniqueName("user");
  const options = { kubeconfig: await sharedCluster().withClientCert({ user }) };
  const allow = async (rules: readonly object[]) => {
    const group = "rbac.authorization.k8s.io";
    const apiVersion = `${group}/v1`;
    const roleRef = { apiGroup: group, kind: "ClusterRole", name: user };
    const subjects = [{ apiGroup: group, kind: "User", name: user }];
    const objects = [
      { apiVersion, kind: "ClusterRole", metadata: { name: user }, rules },
      { apiVersion, kind: "ClusterRoleBinding", metadata: { name: user }, roleRef, subjects },
    ];
    await rig.client.apply(objects as readonly ApplyObject[]);
  };
  const copy = uniqueName("copy");
  const lacking = async () => {
    const { stdout } = await restore(copy, ["--dry-run"], options);
    return stdout.split("\n").filter((line) => line.includes("pods/exec"));
  };
  const printed = async (...more: string[]) =>
    JSON.parse((await runCli(["rbac", "restore", "-o", "json", ...more], admin)).stdout);

  await allow((await printed()).rules);
  expect(await lacking()).toEqual([
    `not allowed: you may not create pods/exec in ${copy}, which the steps after creation need: hooks (kubectl backup rbac restore --hooks prints the roles)`,
    `not allowed: you may not get pods/exec in ${copy}, which the steps after creation need: hooks (kubectl backup rbac restore --hooks prints the roles)`,
  ]);
  await allow((await printed("--hooks")).rules);
  expect(await lacking()).toEqual([]);
});

it("where no node is Ready each is named as not run, nothing is waited for, and the exit is 3", async () => {
  const copy = uniqueName("copy");
  const end = await restore(copy, ["--timeout", "10m"]);
  expect(end.code).toBe(3);
  expect(end.stderr).toContain(
    `hook of pods ${copy}/db (container main) did not run: no node is Ready: its pods cannot start\n`,
  );
  expect(end.stderr).toContain(`hook of deployments.apps ${copy}/web (init container first) did not run:`);
  expect(end.stdout + end.stderr).not.toContain("hunter2");

  const live = await rig.client.get(`/api/v1/namespaces/${copy}/pods/db`);
  expect(live["spec"]).toMatchObject({ initContainers: [{ name: "first", image: "tools:1" }] });
  const again = await restore(copy, ["--strict", "--no-resume"]);
  expect(again.code, again.stdout + again.stderr).toBe(0);
  expect(again.stdout).toMatch(/^0 created, 0 updated/m);
});

it("with --hooks=false nothing is put in, each hook is named, and the restore is complete", async () => {
  const copy = uniqueName("copy");
  const end = await restore(copy, ["--hooks=false"]);
  expect(end.code, end.stderr).toBe(0);
  expect(end.stdout).toContain("hooks: 0 ran, 0 failed, 4 not run\n");
  const live = await rig.client.get(`/api/v1/namespaces/${copy}/pods/db`);
  expect(live["spec"]).not.toHaveProperty("initContainers");
});
