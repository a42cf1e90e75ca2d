import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { createAuthority } from "#test/harness/certificates.ts";
import { faultyKubeProxy } from "#test/harness/faulty-proxy.ts";
import { freePort } from "#test/harness/ports.ts";
import { runCli } from "#test/harness/run-cli.ts";
import { type Scratch, scratchDirectory } from "#test/harness/scratch.ts";
import { sharedCluster, sharedS3, uniqueName } from "#test/harness/shared.ts";
import { expectNoSecret, expectRefusal } from "./expect-refusal.ts";
import { directoryLocation, type TestLocation } from "./test-location.ts";

const cluster = sharedCluster();
const admin = cluster.adminClient();
const namespace = uniqueName("access");
let location: TestLocation;
let scratch: Scratch;

beforeAll(async () => {
  scratch = await scratchDirectory("kubeconfigs");
  await admin.apply([
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings", namespace }, data: { a: "1" } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "nobody", namespace } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "namespace-admin", namespace } },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: "namespace-admin", namespace },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "admin" },
      subjects: [{ kind: "ServiceAccount", name: "namespace-admin", namespace }],
    },
  ]);
});

beforeEach(async () => {
  location = await directoryLocation();
});

afterEach(() => location.remove());

afterAll(async () => {
  await admin.delete(`/api/v1/namespaces/${namespace}`);
  admin.close();
  await scratch.remove();
});

const create = (kubeconfig: string, ...args: string[]) =>
  runCli(["create", "b1", "-n", namespace, "--location", location.url, ...args], { kubeconfig });

async function kubeconfigFile(name: string, text: string): Promise<string> {
  const path = join(scratch.path, name);
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

/** The administrator's kubeconfig, with other fields of its cluster. */
async function changedCluster(fields: Readonly<Record<string, string>>): Promise<string> {
  const config: { clusters: { cluster: Record<string, string> }[] } = parse(
    await readFile(cluster.kubeconfigPath, "utf8"),
  );
  for (const entry of config.clusters) Object.assign(entry.cluster, fields);
  return stringify(config);
}

async function expectNothingStored(): Promise<void> {
  expect(await location.contents()).toEqual([]);
}

describe("a kubeconfig that leads nowhere", () => {
  test("an unknown context is told with where to find the known ones", async () => {
    const result = await create(cluster.kubeconfigPath, "--context", "prodd");
    expectRefusal(result, { code: 2, error: /prodd/, hint: /get-contexts|did you mean/ });
    await expectNothingStored();
  });

  test("an unknown context does not make get list the backups of every cluster", async () => {
    expect(await create(cluster.kubeconfigPath)).toMatchObject({ code: 0 });
    const result = await runCli(["get", "--location", location.url, "--context", "prodd"], {
      kubeconfig: cluster.kubeconfigPath,
    });
    expectRefusal(result, { code: 2, error: /prodd/, hint: /get-contexts|did you mean/ });
  });

  test("a broken kubeconfig is told without quoting what may be a secret in it", async () => {
    const secret = "very-secret-token";
    const text = `apiVersion: v1\nkind: Config\nusers:\n- name: u\n  user:\n    token: ${secret}\n   bad: [\n`;
    const result = await create(await kubeconfigFile("broken", text));
    expectRefusal(result, { code: 6, error: /broken/, hint: /kubectl config view/, secrets: [secret] });
    await expectNothingStored();
  });

  test("a kubeconfig file that does not exist is named", async () => {
    const result = await create(cluster.kubeconfigPath, "--kubeconfig", join(scratch.path, "absent"));
    expectRefusal(result, { code: 6, error: /absent does not exist/, hint: /kubectl config view/ });
    await expectNothingStored();
  });

  test("no kubeconfig at all is told", async () => {
    const result = await create(join(scratch.path, "absent"));
    expectRefusal(result, { code: 6, error: /kubeconfig|context|cluster/, hint: /kubectl/ });
    await expectNothingStored();
  });

  test("a server that does not answer is named by its address", async () => {
    const text = await changedCluster({ server: `https://127.0.0.1:${await freePort()}` });
    const result = await create(await kubeconfigFile("nowhere", text));
    expectRefusal(result, {
      code: 6,
      error: /cannot connect to https:\/\/127/,
      hint: /kubectl cluster-info/,
    });
    await expectNothingStored();
  });

  test("a server that takes the connection and never answers is as good as none once the time is up", async () => {
    const mute = createServer((socket) => socket.resume().on("error", () => undefined));
    const port = await freePort();
    await new Promise<void>((resolve) => mute.listen(port, "127.0.0.1", resolve));
    const text = await changedCluster({ server: `https://127.0.0.1:${port}` });
    const result = await create(await kubeconfigFile("mute", text), "--request-timeout", "1s");
    expectRefusal(result, { code: 6, error: /no answer in time/, hint: /raise --request-timeout/ });
    // And not when the connection is given up at last, which is half a minute.
    expect(result.durationMs).toBeLessThan(20_000);
    await expectNothingStored();
    await new Promise((resolve) => mute.close(resolve));
  });

  test("another authority than the server's is a matter of the CA", async () => {
    const { cert } = await createAuthority("another");
    const text = await changedCluster({ "certificate-authority-data": Buffer.from(cert).toString("base64") });
    const result = await create(await kubeconfigFile("wrong-ca", text));
    expectRefusal(result, { code: 6, error: /certificate|signature/, hint: /certificate-authority/ });
    await expectNothingStored();
  });
});

describe("an address where no API server answers as asked", () => {
  const createAt = async (server: string, fields: Readonly<Record<string, string>> = {}) =>
    create(await kubeconfigFile("elsewhere", await changedCluster({ server, ...fields })));
  const ownServer = async () =>
    parse(await readFile(cluster.kubeconfigPath, "utf8")).clusters[0].cluster.server as string;

  test("a port without TLS is told as that, not in OpenSSL's words as a matter of the CA", async () => {
    const result = await createAt(sharedS3().endpoint.replace("http:", "https:"));
    expectRefusal(result, { code: 6, error: /does not speak TLS/, hint: /kubectl cluster-info/ });
    expect(result.stderr).not.toContain("openssl");
  });

  test("http where the server speaks https is told with what to write", async () => {
    const result = await createAt((await ownServer()).replace("https:", "http:"));
    expectRefusal(result, { code: 6, error: /HTTPS server/, hint: /https:\/\// });
  });

  test("a server of another kind is no kind that is unknown", async () => {
    const result = await createAt(sharedS3().endpoint);
    expectRefusal(result, { code: 6, error: /no API server/, hint: /kubectl cluster-info/ });
  });

  test("a name that the certificate does not hold is a matter of the name, not of the CA", async () => {
    const result = await createAt(await ownServer(), { "tls-server-name": "wrong.example" });
    expectRefusal(result, { code: 6, error: /altnames/, hint: /tls-server-name/ });
  });

  test("an unknown authority is told without advice about Node's command line", async () => {
    const { cert } = await createAuthority("another");
    const result = await createAt(await ownServer(), {
      "certificate-authority-data": Buffer.from(cert).toString("base64"),
    });
    expect(result.stderr).not.toContain("Node");
  });
});

describe("a user without the rights", () => {
  test("a token that the server does not accept is unauthorized, and not shown", async () => {
    const token = "not-a-token-that-anybody-gave-out";
    const result = await create(await cluster.withToken(token), "-v");
    expectRefusal(result, {
      code: 6,
      error: /[Uu]nauthorized/,
      hint: /kubectl auth whoami/,
      secrets: [token],
    });
    await expectNothingStored();
  });

  test("no right at all is an error and no backup of nothing", async () => {
    const token = await cluster.serviceAccountToken({ namespace, name: "nobody" });
    const result = await create(await cluster.withToken(token));
    expectRefusal(result, { code: 6, error: /forbidden/, hint: /rbac backup/, secrets: [token] });
    await expectNothingStored();
  });

  test("who may not list namespaces is told to name one, never narrowed in silence", async () => {
    const token = await cluster.serviceAccountToken({ namespace, name: "namespace-admin" });
    const kubeconfig = await cluster.withToken(token);
    const result = await runCli(["create", "b1", "--location", location.url], { kubeconfig });
    expectRefusal(result, { code: 6, error: /may not list the namespaces/, hint: /-n NAMESPACE/ });
    await expectNothingStored();
  });

  test("ClusterRole admin in one namespace saves it in part: each kind that was refused is named with its rule (case 85)", async () => {
    const token = await cluster.serviceAccountToken({ namespace, name: "namespace-admin" });
    const result = await create(await cluster.withToken(token), "-o", "json");
    expect(result.code).toBe(3);
    const { phase, namespaces, errors } = JSON.parse(result.stdout);
    expect(phase).toBe("PartiallyFailed");
    expect(namespaces).toMatchObject([{ name: namespace, complete: false }]);
    expect(namespaces[0].kindsNotRead).toContain("podtemplates");
    const messages = errors.map((one: { message: string }) => one.message).join("\n");
    for (const kind of namespaces[0].kindsNotRead) expect(messages).toMatch(new RegExp(`${kind} .*needed: `));
    expectNoSecret(result, [token]);
  });

  test("one kind that the server refuses is named, the rest saved (case 5)", async () => {
    const message = 'secrets is forbidden: User "x" cannot list resource "secrets"';
    const body = JSON.stringify({
      kind: "Status",
      status: "Failure",
      code: 403,
      reason: "Forbidden",
      message,
    });
    const reply = { status: 403, headers: { "content-type": "application/json" }, body };
    const proxy = await faultyKubeProxy(cluster, [
      { when: ({ path }) => path.endsWith("/secrets"), fault: { reply } },
    ]);
    try {
      const result = await create(proxy.kubeconfigPath, "-o", "json");
      expect(result.code).toBe(3);
      const { errors, kinds, phase } = JSON.parse(result.stdout);
      expect(phase).toBe("PartiallyFailed");
      expect(errors).toHaveLength(1);
      expect(errors[0].message).toMatch(/^secrets could not be read.*needed: .*"secrets"/);
      const record = (resource: string) =>
        kinds.find((kind: { resource: string }) => kind.resource === resource);
      expect(record("secrets")).toMatchObject({ count: 0, error: { code: "cluster-forbidden" } });
      expect(record("configmaps").count).toBeGreaterThan(0);
    } finally {
      await proxy.stop();
    }
  });

  test("a server that dies in the middle of the lists leaves an error and no backup", async () => {
    const proxy = await faultyKubeProxy(cluster, [
      { when: ({ path }) => path.endsWith("/secrets"), fault: { delayMs: 60_000 } },
    ]);
    const running = create(proxy.kubeconfigPath);
    while (!proxy.requests.some(({ path }) => path.endsWith("/secrets"))) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await proxy.stop();
    expectRefusal(await running, { code: 6, error: /connect|connection/, hint: /kubectl cluster-info/ });
    await expectNothingStored();
  });
});
