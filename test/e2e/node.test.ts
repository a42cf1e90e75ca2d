// Pods that really run: what a control plane without a node cannot show.
import { afterAll, beforeAll, expect, test } from "vitest";
import { GREETING, runningApp } from "#test/fixtures/running-app.ts";
import type { ApplyObject } from "#test/harness/kube-client.ts";
import { PRODUCT, productImage } from "#test/harness/product-image.ts";
import { type CliResult, runCli } from "#test/harness/run-cli.ts";
import { s3Environment } from "#test/harness/s3-server.ts";
import { sharedCluster, sharedS3, uniqueName } from "#test/harness/shared.ts";

const cluster = sharedCluster();
const s3 = sharedS3();
const client = cluster.adminClient();
const app = uniqueName("app");
const broken = uniqueName("broken");
const copy = `${broken}-copy`;
const location = `s3://${s3.bucket}/${uniqueName("node")}?endpoint=${s3.endpoint}&pathStyle=true`;

beforeAll(async () => {
  await client.apply([...runningApp(app), ...runningApp(broken, "localhost/never-made:1")]);
});

afterAll(async () => {
  await cluster.adminKubectl([
    "delete",
    "namespace",
    "--wait=false",
    "--ignore-not-found",
    app,
    broken,
    copy,
  ]);
  client.close();
});

test("the pods of a Deployment run from an image that was made of files", async () => {
  await cluster.adminKubectl(["rollout", "status", "deployment/web", "-n", app, "--timeout=120s"]);
});

test("their logs and a command in them come through the API server", async () => {
  expect(await cluster.adminKubectl(["logs", "deployment/web", "-n", app])).toContain(GREETING);
  expect(await inPod("cat /www/index.html")).toBe(GREETING);
});

test("a pod reaches a Service by its cluster address, and the API server by its own", async () => {
  const { spec } = await client.get(`/api/v1/namespaces/${app}/services/web`);
  const { clusterIP } = spec as { clusterIP: string }; // a Service's
  expect(await inPod(`wget -qO- http://${clusterIP}/`)).toBe(GREETING);
  expect(await inPod("nc -w 10 10.96.0.1 443 </dev/null && echo reached")).toBe("reached\n");
});

test("a pod reaches the object store of this run", async () => {
  const { host } = new URL(s3.endpoint);
  expect(await inPod(`nc -w 10 ${host.replace(":", " ")} </dev/null && echo reached`)).toBe("reached\n");
});

test("the product's image runs as nobody in particular, on a file system that cannot be written", async () => {
  await cluster.loadImage(await productImage());
  await client.apply([onlyVersion(app)]);
  const ended = "--for=jsonpath={.status.phase}=Succeeded";
  await cluster.adminKubectl(["wait", ended, "pod/version", "-n", app, "--timeout=120s"]);
  const told = await cluster.adminKubectl(["logs", "version", "-n", app]);
  await cluster.adminKubectl(["delete", "pod", "version", "-n", app]);
  expect(JSON.parse(told)).toMatchObject({ client: { version: expect.stringMatching(/^\d+\.\d+\.\d+/) } });
});

test("a restore of a deleted namespace ends when its pods are ready again", async () => {
  expect(await backup("create", "b1", "-n", app)).toMatchObject({ code: 0 });
  await cluster.adminKubectl(["delete", "namespace", app]);

  const restored = await backup("restore", "b1", "-o", "json");

  // Looked at before anything else: what is not ready now was not waited for.
  const { status } = await client.get(`/apis/apps/v1/namespaces/${app}/deployments/web`);
  expect(status).toMatchObject({ availableReplicas: 2 });
  expect(restored.code, restored.stderr).toBe(0);
  const report: unknown = JSON.parse(restored.stdout);
  expect(report).toMatchObject({ complete: true, notReady: [], counts: { failed: 0 } });
  expect(report).not.toHaveProperty("notWaited");
  expect(await inPod("cat /www/index.html")).toBe(GREETING);
});

test("a workload whose image does not exist is named with its last condition at the timeout", async () => {
  expect(await backup("create", "b2", "-n", broken)).toMatchObject({ code: 0 });

  const mapping = ["--namespace-mapping", `${broken}:${copy}`];
  const { code, stdout, stderr } = await backup("restore", "b2", ...mapping, "--timeout", "5s");

  expect(code).toBe(3);
  expect(stdout).toContain("finished with losses");
  const lost = `not ready: Deployment ${copy}/web: 0 of 2 replicas are available: `;
  expect(stderr).toContain(`${lost}Deployment does not have minimum availability.`);
});

function onlyVersion(namespace: string): ApplyObject {
  const container = {
    name: "version",
    image: PRODUCT,
    imagePullPolicy: "Never",
    command: ["kubectl-backup", "version", "--client", "-o", "json"],
    securityContext: {
      runAsNonRoot: true,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
    },
  };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "version", namespace },
    spec: { restartPolicy: "Never", containers: [container] },
  };
}

function inPod(script: string): Promise<string> {
  return cluster.adminKubectl(["exec", "deployment/web", "-n", app, "--", "sh", "-c", script]);
}

function backup(...args: readonly string[]): Promise<CliResult> {
  const options = { kubeconfig: cluster.kubeconfigPath, env: s3Environment(s3) };
  return runCli([...args, "--location", location], options);
}
