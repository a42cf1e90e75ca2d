import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  backUp,
  type GuardedCluster,
  messageOf,
  startGuardedCluster,
} from "#test/fixtures/guarded-cluster.ts";
import { createAuthority, issueClient, type KeyPair } from "#test/harness/certificates.ts";
import { type Scratch, scratchDirectory } from "#test/harness/scratch.ts";

// An API server that shows its webhooks a certificate, and a guard that asks for one.
let scratch: Scratch;
let location: Scratch;
let cluster: GuardedCluster;

beforeAll(async () => {
  scratch = await scratchDirectory("clients");
  location = await scratchDirectory("location");
  const clients = await createAuthority("api-servers");
  const file = (name: string) => join(scratch.path, name);
  await writeFile(file("clients.crt"), clients.cert);
  await writeFile(file("webhooks.yaml"), kubeconfig(await issueClient(clients, { user: "apiserver" })));
  await writeFile(file("admission.yaml"), admission(file("webhooks.yaml")));
  cluster = await startGuardedCluster({
    locations: [`file://${location.path}`],
    guardEnv: { GUARD_CLIENT_CA: file("clients.crt") },
    plane: { extraApiserverArgs: [`--admission-control-config-file=${file("admission.yaml")}`] },
  });
});

afterAll(async () => {
  await cluster?.stop();
  await location?.remove();
  await scratch?.remove();
});

function admission(kubeConfigFile: string): string {
  return JSON.stringify({
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "AdmissionConfiguration",
    plugins: [
      {
        name: "ValidatingAdmissionWebhook",
        configuration: {
          apiVersion: "apiserver.config.k8s.io/v1",
          kind: "WebhookAdmissionConfiguration",
          kubeConfigFile,
        },
      },
    ],
  });
}

function kubeconfig({ key, cert }: KeyPair): string {
  const encoded = (pem: string) => Buffer.from(pem).toString("base64");
  const user = { "client-certificate-data": encoded(cert), "client-key-data": encoded(key) };
  return JSON.stringify({ apiVersion: "v1", kind: "Config", users: [{ name: "*", user }] });
}

test("asked by the API server the guard answers; whoever else reaches it is told nothing", async () => {
  const name = await cluster.namespace();
  expect(messageOf(await cluster.remove(name))).toContain("there is no backup of it");
  await backUp(name, cluster, { location: `file://${location.path}` });
  expect((await cluster.remove(name)).status).toBe(200);

  const at = { host: "127.0.0.1", port: cluster.guard.port, path: "/review", method: "POST" };
  const asked = request({ ...at, rejectUnauthorized: false, agent: false }).end("{}");
  const [reply] = await once(asked, "response");
  reply.resume();
  expect(reply.statusCode).toBe(401);
});
