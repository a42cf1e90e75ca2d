import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { type RequestOptions, request } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createAuthority, issueClient, issueServer } from "#test/harness/certificates.ts";
import { scratchDirectory } from "#test/harness/scratch.ts";
import { readClientAuthority } from "#webhook/client-authority.ts";
import { createMetrics } from "#webhook/metrics.ts";
import { createApp, createReviewServer, secureContext } from "#webhook/server.ts";

// A guard that answers the API servers alone, which show it a certificate.
const authority = await createAuthority("guard");
const clients = await createAuthority("api-servers");
let server: ReturnType<typeof createReviewServer>;
let asked: number;

beforeAll(async () => {
  asked = 0;
  const app = createApp({
    answer: async () => {
      asked += 1;
      return { allowed: true, reason: "not-weaker" };
    },
    isReady: () => true,
    areStrangersRefused: true,
    metrics: createMetrics(),
    beforeScrape: () => undefined,
    onAnswered: () => undefined,
    onTrouble: () => undefined,
  });
  const pair = await issueServer(authority, ["127.0.0.1"]);
  server = createReviewServer(app, { ...pair, clientAuthority: clients.cert });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

const REVIEW = JSON.stringify({
  apiVersion: "admission.k8s.io/v1",
  kind: "AdmissionReview",
  request: { uid: "1", operation: "UPDATE", resource: { group: "", resource: "namespaces" }, userInfo: {} },
});

async function statusOf(path: string, options: RequestOptions = {}): Promise<number | undefined> {
  const { port } = server.address() as AddressInfo; // a TCP server that listens has one
  const method = path === "/review" ? "POST" : "GET";
  const headers = method === "POST" ? { "content-type": "application/json" } : {};
  const at = { host: "127.0.0.1", port, path, method, headers, ca: authority.cert, agent: false };
  const asking = request({ ...at, ...options }).end(method === "POST" ? REVIEW : "");
  const [reply] = await once(asking, "response");
  reply.resume();
  return reply.statusCode;
}

test("who shows no certificate, or another authority's, is told nothing; who shows theirs is answered", async () => {
  expect(await statusOf("/review")).toBe(401);
  const stranger = await issueClient(await createAuthority("other"), { user: "apiserver" });
  expect(await statusOf("/review", stranger)).toBe(401);
  expect(asked).toBe(0);
  const apiServer = await issueClient(clients, { user: "apiserver" });
  expect(await statusOf("/review", apiServer)).toBe(200);
});

test("a kubelet asks whether it is ready without one", async () => {
  expect(await statusOf("/readyz")).toBe(200);
});

test("with another pair of its own, which comes without a restart, it asks for theirs as before", async () => {
  const next = await issueServer(authority, ["127.0.0.1"]);
  server.setSecureContext(secureContext({ ...next, clientAuthority: clients.cert }));
  expect(await statusOf("/review")).toBe(401);
  expect(await statusOf("/review", await issueClient(clients, { user: "apiserver" }))).toBe(200);
});

test("a file that holds no authority keeps the guard from starting, so that it does not answer everybody", async () => {
  const scratch = await scratchDirectory("authority");
  const file = join(scratch.path, "ca.crt");
  await expect(readClientAuthority(file)).rejects.toThrow("cannot be read");
  for (const text of ["", `${clients.cert}\n${clients.cert.slice(0, 200)}`]) {
    await writeFile(file, text);
    await expect(readClientAuthority(file)).rejects.toThrow("holds something that is no certificate");
  }
  await writeFile(file, clients.cert);
  expect(await readClientAuthority(file)).toBe(clients.cert);
  expect(await readClientAuthority(undefined)).toBeUndefined();
  await scratch.remove();
});
