// The guard in a real cluster: two pods behind their Service, a location in object storage, and the story that it is for.
import { dirname } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runningApp } from "#test/fixtures/running-app.ts";
import { eventually } from "#test/harness/eventually.ts";
import { PRODUCT, productImage } from "#test/harness/product-image.ts";
import { CLI_PATH, type CliResult, runCli } from "#test/harness/run-cli.ts";
import { runCommand } from "#test/harness/run-command.ts";
import { s3Environment, startS3Server } from "#test/harness/s3-server.ts";
import { type Scratch, scratchDirectory } from "#test/harness/scratch.ts";
import { sharedCluster, sharedS3, uniqueName } from "#test/harness/shared.ts";

const cluster = sharedCluster();
// Of its own, to be stopped; where pods reach the shared one they reach it too.
const s3 = await startS3Server({ address: new URL(sharedS3().endpoint).hostname });
const client = cluster.adminClient();
const app = uniqueName("prod");
const url = `s3://${s3.bucket}/${uniqueName("guard")}?endpoint=${s3.endpoint}&pathStyle=true`;
const PROTECT = "kubectl-backup.io/protect";
const GUARD_NAMESPACE = "kubectl-backup";

type PodSpec = { readonly containers: readonly { readonly image: string }[] };

let home: Scratch;
beforeAll(async () => {
  home = await scratchDirectory("home");
  await cluster.loadImage(await productImage());
  await client.apply(runningApp(app));
  await cluster.adminKubectl(["rollout", "status", "deployment/web", "-n", app, "--timeout=120s"]);
});

afterAll(async () => {
  await backup("uninstall", "--yes");
  const gone = ["delete", "namespace", "--wait=false", "--ignore-not-found", app];
  await cluster.adminKubectl(gone);
  client.close();
  await s3.stop();
  await home.remove();
});

function backup(...args: string[]): Promise<CliResult> {
  return runCli(args, { kubeconfig: cluster.kubeconfigPath, env: s3Environment(s3), home: home.path });
}

async function remove(): Promise<{ readonly status: number; readonly message: string }> {
  const { status, text } = await client.request("DELETE", namespacePath);
  return { status, message: JSON.parse(text).message ?? "" };
}

const namespacePath = `/api/v1/namespaces/${app}`;
const deploymentPath = `/apis/apps/v1/namespaces/${app}/deployments/web`;

async function referenceOn(path: string): Promise<readonly unknown[]> {
  const { annotations = {} } = (await client.get(path)).metadata;
  return ["last-backup", "last-backup-location"].map((key) => annotations[`kubectl-backup.io/${key}`]);
}

async function podUids(): Promise<readonly unknown[]> {
  const pods = await client.list(`${namespacePath}/pods`);
  return pods.map(({ metadata }) => metadata.uid).toSorted();
}

/** As somebody types it. */
function typed(command: string | undefined): Promise<string> {
  const path = [dirname(CLI_PATH), cluster.binDirectory, process.env["PATH"]].join(":");
  const env = { ...s3Environment(s3), HOME: home.path, KUBECONFIG: cluster.kubeconfigPath, PATH: path };
  return runCommand("/bin/sh", ["-c", command ?? "false"], { env });
}

test("install by digest, with a Secret's credentials, ends when two pods behind the Service answer", async () => {
  const image = await cluster.imageByDigest(PRODUCT);
  const flags = ["--location", url, "--read-credentials", "secret/bucket-reader", "--image", image];
  const early = await backup("install", ...flags);
  expect(early).toMatchObject({ code: 4 });
  expect(early.stderr).toContain("bucket-reader");

  await cluster.adminKubectl(["create", "namespace", GUARD_NAMESPACE]);
  const literals = Object.entries(s3Environment(s3)).map(([key, value]) => `--from-literal=${key}=${value}`);
  const secret = ["create", "secret", "generic", "bucket-reader", "-n", GUARD_NAMESPACE];
  await cluster.adminKubectl([...secret, ...literals]);
  const installed = await backup("install", ...flags, "--annotate", "workloads");
  expect(installed).toMatchObject({ code: 0 });
  expect(installed.stdout).toContain("the guard answers");
  await cluster.adminKubectl([
    ...["rollout", "status", "deployment/kubectl-backup-guard", "-n", GUARD_NAMESPACE, "--timeout=150s"],
  ]);
  const pods = await client.list(`/api/v1/namespaces/${GUARD_NAMESPACE}/pods`);
  expect(pods.map(({ spec }) => (spec as PodSpec).containers[0]?.image)).toEqual([image, image]);
});

test("asked from outside it is well, and whoever comes after takes its location from the cluster", async () => {
  const { code, checks } = await guardStatus();
  expect([code, checks.map(({ check, state }) => `${check} ${state}`)]).toEqual([
    0,
    [
      "deployment ok",
      "configuration ok",
      "answer ok",
      "certificate ok",
      `location ${s3.bucket} ok`,
      "clocks ok",
    ],
  ]);
  expect(await backup("location", "add", "--from-cluster")).toMatchObject({
    code: 0,
    stdout: `location/${s3.bucket} added: ${url}\n`,
  });
  // The location that was added first is the default.
  expect(await backup("check")).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^guard: answer +ok/m),
  });
});

async function guardStatus() {
  const { code, stdout } = await backup("guard", "status", "-o", "json");
  const { checks, namespaces } = JSON.parse(stdout) as {
    readonly checks: readonly { readonly check: string; readonly state: string }[];
    readonly namespaces: readonly {
      readonly name: string;
      readonly deletion: string;
      readonly reason?: string;
    }[];
  };
  return { code, checks, ofApp: namespaces.find(({ name }) => name === app) };
}

test("protected, refused, saved by the printed command, told of it, deleted, restored, running again", async () => {
  expect(await backup("protect", app)).toMatchObject({ code: 0 });
  await cluster.adminKubectl(["annotate", "namespace", app, "kubectl-backup.io/annotate=workloads"]);
  const refused = await remove();
  expect(refused.status).toBe(403);
  expect(refused.message).toContain(`namespace ${app} is protected`);
  expect((await guardStatus()).ofApp).toMatchObject({ deletion: "refused", reason: "none" });
  await typed(refused.message.split("\n").find((line) => line.startsWith("kubectl backup create")));
  const listed = await backup("get", "--location", url, "-o", "name");
  const made = listed.stdout.trim().replace("backup/", "");
  expect((await guardStatus()).ofApp).toMatchObject({ deletion: "allowed", backup: { name: made } });
  const pods = await podUids();
  await eventually("the namespace and its workload are told", async () =>
    expect(await Promise.all([namespacePath, deploymentPath].map(referenceOn))).toEqual([
      [made, url],
      [made, url],
    ]),
  );
  expect(await podUids()).toEqual(pods);
  expect((await remove()).status).toBe(200);
  await eventually("it is gone", async () => (await client.find(namespacePath)) === undefined);
  const told = await cluster.adminKubectl(["events", "-n", "default", "--for", `namespace/${app}`]);
  expect(told).toMatch(/Warning +DeletionRefused/);
  expect(told).toMatch(new RegExp(`Normal +DeletionAllowed .*backup ${made} holds it`));

  const restored = await backup("restore", made, "--location", url);
  expect(restored).toMatchObject({ code: 0 });
  expect(await referenceOn(namespacePath)).toEqual([undefined, undefined]);
  expect((await client.get(namespacePath)).metadata.labels).toMatchObject({
    [PROTECT]: "true",
  });
  const { status } = await client.get(deploymentPath);
  expect(status).toMatchObject({ availableReplicas: 2 });
  // Restored, it is another namespace: the old backup does not let it go.
  expect((await remove()).message).toContain("it is of an earlier namespace of that name");
});

test("with both pods begun anew while the store does not answer, it stays, in the guard's own words", async () => {
  process.kill(s3.process.pid, "SIGSTOP");
  try {
    await cluster.adminKubectl(["delete", "pods", "--all", "-n", GUARD_NAMESPACE, "--timeout=60s"]);
    await cluster.adminKubectl([
      ...["rollout", "status", "deployment/kubectl-backup-guard", "-n", GUARD_NAMESPACE, "--timeout=150s"],
    ]);
    // Where the API server reaches Services by kube-proxy, their rules lag behind the pods for a moment.
    await eventually("the guard answers", async () =>
      expect(await remove()).toEqual({ status: 403, message: expect.stringContaining("not looked at:") }),
    );
  } finally {
    process.kill(s3.process.pid, "SIGCONT");
  }
  await eventually("the store is looked at again", async () =>
    expect((await remove()).message).toContain("it is of an earlier namespace of that name"),
  );
});

test("skipped aloud, it goes without a backup", async () => {
  const refused = await remove();
  const printed = refused.message.split("\n").at(-1)?.split("skip:").at(-1)?.replace("REASON", "INC-42");
  await typed(printed?.replace("kubectl delete ns", "kubectl delete --wait=false ns"));
  await eventually("it is gone", async () => (await client.find(namespacePath)) === undefined);
});

test("uninstalled, it is in the way of no deletion, from the moment that the command has ended", async () => {
  const name = uniqueName("left");
  const path = `/api/v1/namespaces/${name}`;
  const metadata = { name, labels: { [PROTECT]: "true" } };
  await client.create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata });
  expect((await client.request("DELETE", path)).status).toBe(403);
  expect(await backup("uninstall", "--yes")).toMatchObject({ code: 0 });
  expect((await client.request("DELETE", path)).status).toBe(200);
  // Its pods end meanwhile; the namespace with the user's own Secret stays.
  await eventually("its pods are gone", async () => {
    const pods = await client.list(`/api/v1/namespaces/${GUARD_NAMESPACE}/pods`);
    return pods.length === 0;
  });
  expect(await client.find(`/api/v1/namespaces/${GUARD_NAMESPACE}/secrets/bucket-reader`)).toBeDefined();
});
