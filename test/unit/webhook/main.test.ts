import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FakeApiServer, startFakeApiServer } from "#test/doubles/fake-api-server.ts";
import { type Scratch, scratchDirectory } from "#test/harness/scratch.ts";

const MAIN = join(import.meta.dirname, "../../../webhook/main.ts");
/** Well beyond what starting takes, also on a busy machine. */
const PATIENCE_MS = 120_000;

let server: FakeApiServer;
let scratch: Scratch;
beforeEach(async () => {
  server = await startFakeApiServer();
  scratch = await scratchDirectory("guard-main");
});
afterEach(async () => {
  await server.stop();
  await scratch.remove();
});

async function environment(): Promise<Readonly<Record<string, string>>> {
  const { access } = server;
  const { ca } = await access.tls(new AbortController().signal);
  const certificate = Buffer.from(String(ca)).toString("base64");
  const kubeconfig = {
    "current-context": "fake",
    clusters: [
      { name: "fake", cluster: { server: access.server.href, "certificate-authority-data": certificate } },
    ],
    contexts: [{ name: "fake", context: { cluster: "fake", user: "fake" } }],
    users: [{ name: "fake", user: { token: "fake" } }],
  };
  const config = { default: "here", locations: { here: `file://${scratch.path}` } };
  await writeFile(join(scratch.path, "kubeconfig"), JSON.stringify(kubeconfig), { mode: 0o600 });
  await writeFile(join(scratch.path, "config.yaml"), JSON.stringify(config));
  return {
    KUBECONFIG: join(scratch.path, "kubeconfig"),
    GUARD_CONFIG: join(scratch.path, "config.yaml"),
    GUARD_BIND: "127.0.0.1",
  };
}

async function runToItsEnd(): Promise<{ readonly code: unknown; readonly stderr: string }> {
  const env = await environment();
  return new Promise((resolve) => {
    const options = { env, timeout: PATIENCE_MS, killSignal: "SIGKILL" } as const;
    execFile(process.execPath, [MAIN], options, (error, _, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stderr }),
    );
  });
}

test("a guard that cannot begin for want of a certificate ends with exit code 1, though a connection is open still", async () => {
  server.handle(({ url = "" }, reply) => {
    const status = url === "/version" ? 200 : url.includes("/secrets/") ? 403 : 404;
    reply.writeHead(status, { "content-type": "application/json", date: new Date().toUTCString() });
    const refusal = { kind: "Status", apiVersion: "v1", status: "Failure", code: status };
    reply.end(JSON.stringify(status === 200 ? { gitVersion: "v1.36.0" } : refusal));
  });
  const { code, stderr } = await runToItsEnd();
  expect(server.requests.some((one) => one.includes("/secrets/"))).toBe(true);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^error: reading secrets /) });
}, 150_000);
