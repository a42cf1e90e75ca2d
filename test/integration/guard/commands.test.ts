import { createServer, type Server } from "node:https";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { manifestFiles } from "#core/guard/manifest-files.ts";
import { shippedConfiguration } from "#core/guard/render-guard.ts";
import { createAuthority, issueServer } from "#test/harness/certificates.ts";
import { type ControlPlane, startControlPlane } from "#test/harness/control-plane.ts";
import { eventually } from "#test/harness/eventually.ts";
import type { RecordedRequest } from "#test/harness/faults.ts";
import { type FaultyKubeProxy, faultyKubeProxy } from "#test/harness/faulty-proxy.ts";
import type { KubeClient } from "#test/harness/kube-client.ts";
import { freePort } from "#test/harness/ports.ts";
import { type CliResult, runCli, startCli } from "#test/harness/run-cli.ts";
import { uniqueName } from "#test/harness/shared.ts";
import { clockShiftedBy } from "#test/harness/shift-clock.ts";

// The commands against an API server of their own, since the guard has one name in a cluster. No node runs its pods: in
// their place a small server answers under the shipped configuration, once that is pointed at it.
const CONFIGURATION =
  "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/kubectl-backup-guard";
const IMAGE = `registry.example/kubectl-backup@sha256:${"ab".repeat(32)}`;
const INSTALL = ["install", "--location", "s3://backups/clusters", "--image", IMAGE];

let plane: ControlPlane;
let client: KubeClient;
let stub: Stub;

interface Stub {
  readonly server: Server;
  readonly caBundle: string;
  readonly url: string;
  /** undefined: allowed. */
  updates: string | undefined;
}

beforeAll(async () => {
  [plane, stub] = await Promise.all([startControlPlane(), startStub()]);
  client = plane.adminClient();
});
afterAll(async () => {
  client?.close();
  stub?.server.close();
  await plane?.stop();
});

async function startStub(): Promise<Stub> {
  const [ca, port] = [await createAuthority("stub"), await freePort()];
  const made = { caBundle: Buffer.from(ca.cert).toString("base64"), url: `https://127.0.0.1:${port}/review` };
  const server = createServer(await issueServer(ca, ["127.0.0.1"]), (request, reply) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const { uid, operation } = JSON.parse(Buffer.concat(parts).toString()).request;
      const message = operation === "DELETE" ? "no usable backup" : stub.updates;
      const refusal = message === undefined ? {} : { status: { code: 403, message } };
      const response = { uid, allowed: message === undefined, ...refusal };
      reply.setHeader("content-type", "application/json");
      reply.end(JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response }));
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { ...made, server, updates: undefined };
}

const run = (args: readonly string[], kubeconfig = plane.kubeconfigPath): Promise<CliResult> =>
  runCli(args, { kubeconfig });

/** The API server's calls go to the stub, or, without one, to nobody. */
async function answerBy(target: Stub | undefined): Promise<void> {
  await eventually("the configuration is there", () => client.find(CONFIGURATION));
  const [url, caBundle] = [target?.url ?? "https://127.0.0.1:1/review", stub.caBundle];
  const clientConfig = { op: "replace", path: "/webhooks/0/clientConfig", value: { url, caBundle } };
  await client.patch(CONFIGURATION, [clientConfig], "json");
  const said = target === undefined ? "failed calling webhook" : "denied the request";
  await eventually("the API servers know", async () => {
    const reply = await client.request("DELETE", "/api/v1/namespaces/kubectl-backup-self-test?dryRun=All");
    return reply.text.includes(said);
  });
}

/** As it is shipped, which is where nobody answers. */
function answerByService(): Promise<unknown> {
  const service = { name: "kubectl-backup-guard", namespace: "kubectl-backup", path: "/review", port: 443 };
  return client.patch(
    CONFIGURATION,
    [{ op: "replace", path: "/webhooks/0/clientConfig", value: { service } }],
    "json",
  );
}

async function namespace(labels: Readonly<Record<string, string>> = {}): Promise<string> {
  const name = uniqueName("app");
  await client.create("/api/v1/namespaces", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, labels },
  });
  return name;
}

async function keysOf(name: string): Promise<Readonly<Record<string, string>>> {
  const { metadata } = await client.get(`/api/v1/namespaces/${name}`);
  return { ...metadata.labels, ...metadata.annotations };
}

async function secret(): Promise<void> {
  const apply = (object: object, path: string) => client.patch(`${path}?fieldManager=test`, object, "apply");
  await apply(
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "kubectl-backup" } },
    "/api/v1/namespaces/kubectl-backup",
  );
  await apply(
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "reader", namespace: "kubectl-backup" },
      stringData: { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "s3cr3t-of-the-guard" },
    },
    "/api/v1/namespaces/kubectl-backup/secrets/reader",
  );
}

test("before it is installed, status and protect say so, and --force writes a label that it calls inert", async () => {
  const name = await namespace();
  const status = await run(["guard", "status"]);
  expect([status.code, status.stdout]).toEqual([3, expect.stringMatching(/no guard is installed/)]);
  const refused = await run(["protect", name]);
  expect([refused.code, refused.stderr]).toEqual([
    5,
    expect.stringMatching(/no guard is installed[\s\S]*hint: .*--force/),
  ]);
  expect(await keysOf(name)).not.toHaveProperty(["kubectl-backup.io/protect"]);
  const forced = await run(["protect", name, "--force"]);
  expect([forced.code, forced.stderr]).toEqual([
    0,
    expect.stringMatching(/warning: no guard is installed.*inert/),
  ]);
  expect(await keysOf(name)).toMatchObject({ "kubectl-backup.io/protect": "true" });
});

test("installing with a Secret that is not there applies nothing and says how to make it", async () => {
  const { code, stderr } = await run([...INSTALL, "--read-credentials", "secret/reader"]);
  expect([code, stderr]).toEqual([
    4,
    expect.stringMatching(/Secret kubectl-backup\/reader does not exist; nothing was applied/),
  ]);
  expect(stderr).toMatch(
    /kubectl create namespace kubectl-backup .*\n.*create secret generic reader --from-env-file/,
  );
  expect(await client.find(CONFIGURATION)).toBeUndefined();
  expect(await client.find("/api/v1/namespaces/kubectl-backup-self-test")).toBeUndefined();
});

test("installing into a cluster that is not there, or without the rights for it, applies nothing and says whose fault it is", async () => {
  const install = [...INSTALL, "--read-credentials", "service-account"];
  const down = await run([...install, "--server", "https://127.0.0.1:1", "--request-timeout", "2s"]);
  expect([down.code, down.stdout, down.stderr]).toEqual([
    6,
    "",
    expect.stringMatching(/^error: .*127\.0\.0\.1:1.*\nhint: kubectl cluster-info/m),
  ]);
  const nobody = await plane.withClientCert({ user: "nobody" });
  const forbidden = await run(install, nobody);
  expect([forbidden.code, forbidden.stdout, forbidden.stderr]).toEqual([
    6,
    "",
    expect.stringMatching(
      /^error: reading namespaces kubectl-backup: .*forbidden.*\nhint: installing needs the rights of cluster-admin; --dry-run=client -o yaml prints it/m,
    ),
  ]);
  expect(await client.find("/api/v1/namespaces/kubectl-backup-self-test")).toBeUndefined();
  expect(await client.find(CONFIGURATION)).toBeUndefined();
});

test("a guard that does not answer fails the installation, with what its pods say and how to take it back", async () => {
  await secret();
  const { code, stdout, stderr } = await run([
    ...INSTALL,
    "--read-credentials",
    "secret/reader",
    "--timeout",
    "5s",
  ]);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/error: everything is applied, but the guard does not answer after 5 s/);
  expect(stderr).toMatch(/pod kubectl-backup-guard-\S+ is not ready: Pending/);
  expect(stderr).toMatch(/kubectl backup uninstall takes it all back/);
  expect(stderr).not.toContain("s3cr3t");
});

test("two who install at once both succeed, though one looked before the other wrote, and who installs again changes nothing", async () => {
  const args = [...INSTALL, "--read-credentials", "secret/reader", "--timeout", "60s", "-o", "json"];
  const start = async (kubeconfig = plane.kubeconfigPath) => {
    const started = await startCli(args, { kubeconfig });
    await started.waitForLine(/Waiting until the guard answers/);
    return started;
  };
  expect((await run(["uninstall", "--yes"])).code).toBe(0);
  const early = await lookedAtTooEarly();
  try {
    const started = [...(await Promise.all([start(), start()])), await start(early.kubeconfigPath)];
    await answerBy(stub);
    for (const { result } of started) {
      const { code, stderr } = await result;
      expect([code, stderr]).toEqual([0, expect.anything()]);
    }
    for (const struck of [
      { method: "GET", status: 404 },
      { method: "PATCH", status: 409 },
    ])
      expect(early.requests).toContainEqual(expect.objectContaining(struck));
  } finally {
    await early.stop();
  }
  await answerByService();
  const last = await start();
  await answerBy(stub);
  const again = await last.result;
  expect(again.code).toBe(0);
  const results = JSON.parse(again.stdout).objects.map(({ kind, result }: Record<string, string>) => [
    kind,
    result,
  ]);
  // The stub's address is in the configuration's place.
  const others = results.filter(([kind]: string[]) => kind !== "ValidatingWebhookConfiguration");
  expect(new Set(others.map(([, result]: string[]) => result))).toEqual(new Set(["unchanged"]));
});

/**
 * The cluster as one sees it who is a moment too early with every look: the first time, each object of the guard's is not
 * there. And the first write meets one of somebody else's.
 */
function lookedAtTooEarly(): Promise<FaultyKubeProxy> {
  const looked = new Set<string>();
  const isFirstLook = ({ method, path }: RecordedRequest) => {
    if (method !== "GET" || !/\/kubectl-backup[^/]*$/.test(path) || looked.has(path)) return false;
    looked.add(path);
    return true;
  };
  return faultyKubeProxy(plane, [
    { when: isFirstLook, fault: { reply: { status: 404 } } },
    { when: ({ method }) => method === "PATCH", times: 1, fault: { reply: { status: 409 } } },
  ]);
}

test("installing over what an older version or somebody else applied leaves nothing of theirs, and keeps the bundle", async () => {
  await secret();
  const shipped = shippedConfiguration(await manifestFiles());
  const [guard = {}] = shipped["webhooks"] as readonly object[];
  const service = { name: "kubectl-backup-guard", namespace: "kubectl-backup", path: "/review", port: 443 };
  const clientConfig = { service, caBundle: stub.caBundle };
  const narrowed = { failurePolicy: "Ignore", matchConditions: [{ name: "older", expression: "false" }] };
  await client.delete(CONFIGURATION);
  await client.patch(
    `${CONFIGURATION}?fieldManager=older`,
    {
      ...shipped,
      webhooks: [
        { ...guard, ...narrowed, clientConfig },
        { ...guard, ...narrowed, clientConfig, name: "older.kubectl-backup.io" },
      ],
    },
    "apply",
  );
  const started = await startCli([...INSTALL, "--read-credentials", "secret/reader", "--timeout", "60s"], {
    kubeconfig: plane.kubeconfigPath,
  });
  await started.waitForLine(/Waiting until the guard answers/);
  const live = (await client.get(CONFIGURATION))["webhooks"];
  await answerBy(stub);
  expect((await started.result).code).toBe(0);
  expect(live).toMatchObject([{ ...guard, clientConfig }]);
});

test("what is applied holds the locations without credentials, and the Secret's name alone", async () => {
  const config = await client.get("/api/v1/namespaces/kubectl-backup/configmaps/kubectl-backup-locations");
  expect(config["data"]).toEqual({
    "config.yaml": "default: backups\nlocations:\n  backups: s3://backups/clusters\n",
  });
  const path = "/apis/apps/v1/namespaces/kubectl-backup/deployments/kubectl-backup-guard";
  const deployment = JSON.stringify(await client.get(path));
  expect(deployment).toContain('"envFrom":[{"secretRef":{"name":"reader"}}]');
  expect(deployment).toContain(`"image":"${IMAGE}"`);
  expect(deployment).not.toContain("s3cr3t");
});

test("a dry run prints, without any cluster, YAML that kubectl applies", async () => {
  const args = [...INSTALL, "--read-credentials", "service-account", "--dry-run=client", "-o", "yaml"];
  const { code, stdout, stderr } = await runCli(args, { kubeconfig: "/nonexistent" });
  expect([code, stderr]).toEqual([0, ""]);
  await answerByService();
  const objects = parseAllDocuments(stdout).map((document) => document.toJS());
  expect(objects.at(-1).kind).toBe("ValidatingWebhookConfiguration");
  const applied = await plane.adminKubectl(
    ["apply", "--server-side", "--force-conflicts", "--dry-run=server", "-f", "-"],
    {
      stdin: stdout,
    },
  );
  expect(applied.trim().split("\n")).toHaveLength(objects.length);
});

describe("with a guard that answers", () => {
  beforeEach(async () => {
    await answerBy(stub);
    stub.updates = undefined;
  });

  test("protect labels, keeps what was there, and says when nothing changed", async () => {
    const name = await namespace({ team: "a" });
    const first = await run(["protect", name, "--max-age", "4h", "--tier", "high"]);
    expect([first.code, first.stdout]).toEqual([0, `namespace/${name} protected\n`]);
    expect(await keysOf(name)).toMatchObject({
      team: "a",
      "kubectl-backup.io/protect": "true",
      "kubectl-backup.io/tier": "high",
      "kubectl-backup.io/max-age": "4h",
    });
    expect((await run(["protect", name])).stdout).toBe(`namespace/${name} protected (unchanged)\n`);
    const json = JSON.parse((await run(["protect", name, "-o", "json"])).stdout);
    expect(json).toEqual({ dryRun: false, namespaces: [{ namespace: name, changed: false }] });
    expect((await run(["protect", name, "-o", "name"])).stdout).toBe(`namespace/${name}\n`);
  });

  test("a dry run changes nothing", async () => {
    const name = await namespace();
    const { code, stdout } = await run(["protect", name, "--dry-run"]);
    expect([code, stdout]).toEqual([0, `namespace/${name} protected (server dry run)\n`]);
    expect(await keysOf(name)).not.toHaveProperty(["kubectl-backup.io/protect"]);
  });

  test("of several namespaces none is changed when one does not exist", async () => {
    const name = await namespace();
    const { code, stderr } = await run(["protect", name, "no-such-namespace"]);
    expect([code, stderr]).toEqual([
      4,
      expect.stringMatching(/no namespace no-such-namespace; nothing was changed/),
    ]);
    expect(await keysOf(name)).not.toHaveProperty(["kubectl-backup.io/protect"]);
  });

  test("of several namespaces none is unprotected when one does not exist", async () => {
    const name = await namespace({ "kubectl-backup.io/protect": "true" });
    for (const how of [[], ["--once", "--for", "1h", "--reason", "INC-42"]]) {
      const { code, stdout, stderr } = await run(["unprotect", name, "no-such-namespace", ...how]);
      expect([code, stdout, stderr]).toEqual([
        4,
        "",
        expect.stringMatching(
          /no namespace no-such-namespace; nothing was changed\nhint: kubectl get namespaces/,
        ),
      ]);
    }
    const keys = await keysOf(name);
    expect(keys).toMatchObject({ "kubectl-backup.io/protect": "true" });
    expect(keys).not.toHaveProperty(["kubectl-backup.io/skip-final-backup"]);
  });

  test.each(["kube-system", "kubectl-backup"])(
    "protecting %s is refused, for it is never reviewed",
    async (name) => {
      const { code, stderr } = await run(["protect", name]);
      expect([code, stderr]).toEqual([5, expect.stringMatching(/never reviews/)]);
    },
  );

  test("unprotect --once writes the time by the server's clock, and unprotect ends the protection", async () => {
    const name = await namespace({ "kubectl-backup.io/protect": "true" });
    // On a machine that is two hours ahead.
    const once = await runCli(["unprotect", name, "--once", "--for", "1h", "--reason", "INC-42"], {
      kubeconfig: plane.kubeconfigPath,
      env: clockShiftedBy(7_200_000),
    });
    expect([once.code, once.stdout]).toEqual([0, `namespace/${name} may be deleted once, for 1h\n`]);
    const skip = (await keysOf(name))["kubectl-backup.io/skip-final-backup"] ?? "";
    const [, until = ""] = /^.*; until=(\S+); reason=INC-42$/.exec(skip) ?? [];
    expect(skip.startsWith(`${name}; `)).toBe(true);
    expect(Math.abs(Date.parse(until) - Date.now() - 3_600_000)).toBeLessThan(60_000);
    const ended = await run(["unprotect", name]);
    expect([ended.code, ended.stdout]).toEqual([0, `namespace/${name} no longer protected\n`]);
    expect(await keysOf(name)).not.toHaveProperty(["kubectl-backup.io/protect"]);
  });

  test("what the guard refuses is shown in its words, with exit 5", async () => {
    const name = await namespace({ "kubectl-backup.io/protect": "true" });
    stub.updates = "the verb unprotect is needed";
    const { code, stderr } = await run(["unprotect", name]);
    expect([code, stderr]).toEqual([
      5,
      expect.stringMatching(
        /^error: the verb unprotect is needed\nhint: .*clusterrole=kubectl-backup-unprotect/,
      ),
    ]);
    expect(await keysOf(name)).toMatchObject({ "kubectl-backup.io/protect": "true" });
  });

  test("who lacks the rights is told so, and that the cluster is at fault when it is not there", async () => {
    const name = await namespace();
    const nobody = await plane.withClientCert({ user: "nobody" });
    for (const args of [
      ["protect", name, "--force"],
      ["unprotect", name],
      ["uninstall", "--yes"],
    ]) {
      const { code, stderr } = await run(args, nobody);
      expect([args, code, stderr]).toEqual([
        args,
        6,
        expect.stringMatching(/forbidden.*\nhint: .* needs the right/),
      ]);
    }
    const refused = await run(["protect", name], nobody);
    expect([refused.code, refused.stderr]).toEqual([5, expect.stringMatching(/could not be asked/)]);
    for (const command of ["protect", "unprotect"]) {
      const down = await run([command, name, "--server", "https://127.0.0.1:1", "--request-timeout", "2s"]);
      expect([command, down.code]).toEqual([command, 6]);
    }
  });

  test("the role protect is enough to protect", async () => {
    const name = await namespace();
    const user = uniqueName("user");
    await client.create("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: user },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "kubectl-backup-protect" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: user }],
    });
    const kubeconfig = await plane.withClientCert({ user });
    await eventually(
      "the role is in force",
      async () => (await run(["protect", name], kubeconfig)).code === 0,
    );
  });
});

test("with the guard silent, protect refuses, and uninstalling still works: deletions go on at once", async () => {
  await answerBy(undefined);
  const [free, guarded] = [await namespace(), await namespace({ "kubectl-backup.io/protect": "true" })];
  const refused = await run(["protect", free]);
  // By itself: the API server would not take the label either, and says less.
  expect([refused.code, refused.stderr]).toEqual([
    5,
    expect.stringMatching(
      /the guard does not answer: .*failed calling webhook.* would protect nothing\nhint: /,
    ),
  ]);
  const removed = (which: string) => client.request("DELETE", `/api/v1/namespaces/${which}`);
  expect((await removed(guarded)).status).toBe(500);

  const asked = await run(["uninstall"]);
  expect([asked.code, asked.stderr]).toEqual([2, expect.stringMatching(/--yes/)]);
  const dry = await run(["uninstall", "--dry-run"]);
  expect(dry.stdout.split("\n")[0]).toMatch(
    /^validatingwebhookconfigurations.*would be removed \(dry run\)$/,
  );
  expect(await client.find(CONFIGURATION)).toBeDefined();

  const { code, stdout } = await run(["uninstall", "--yes"]);
  expect(code).toBe(0);
  expect((await removed(guarded)).status).toBe(200);
  expect(stdout).toMatch(/configmaps\/kubectl-backup\/kubectl-backup-locations stays/);
  expect(stdout).toMatch(/Backups stay where they are/);
  expect(await client.find("/api/v1/namespaces/kubectl-backup/secrets/reader")).toBeDefined();
  const again = await run(["uninstall", "--yes"]);
  expect([again.code, again.stdout]).toEqual([0, expect.stringMatching(/not installed here/)]);
});

test("with the guard's namespace already going and held up, uninstalling takes the rest out", async () => {
  await secret();
  const started = await startCli([...INSTALL, "--read-credentials", "secret/reader", "--timeout", "60s"], {
    kubeconfig: plane.kubeconfigPath,
  });
  await started.waitForLine(/Waiting until the guard answers/);
  await answerBy(stub);
  expect((await started.result).code).toBe(0);
  await answerBy(undefined);
  const guarded = await namespace({ "kubectl-backup.io/protect": "true" });
  const at = "/api/v1/namespaces/kubectl-backup";
  await client.create(`${at}/configmaps`, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "holds", finalizers: ["example.com/holds"] },
  });
  expect((await client.request("DELETE", at)).status).toBe(200);
  expect((await client.request("DELETE", `/api/v1/namespaces/${guarded}`)).status).toBe(500);
  expect((await run(["uninstall", "--yes"])).code).toBe(0);
  expect(await client.find(CONFIGURATION)).toBeUndefined();
  expect((await client.request("DELETE", `/api/v1/namespaces/${guarded}`)).status).toBe(200);
  await client.patch(`${at}/configmaps/holds`, { metadata: { finalizers: null } }, "merge");
  await eventually("it is gone", async () => (await client.find(at)) === undefined);
});
