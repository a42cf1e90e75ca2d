import { chmod, mkdir } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isObjectPut, type Rule, serverError } from "#test/harness/faults.ts";
import { faultyS3Proxy } from "#test/harness/faulty-proxy.ts";
import { freePort } from "#test/harness/ports.ts";
import { CLI_PATH, runCli } from "#test/harness/run-cli.ts";
import { runCommand } from "#test/harness/run-command.ts";
import { s3Environment } from "#test/harness/s3-server.ts";
import { sharedCluster, sharedS3, uniqueName } from "#test/harness/shared.ts";
import { expectRefusal, type Refusal } from "./expect-refusal.ts";
import { directoryLocation, incompressible, s3Location, s3Url } from "./test-location.ts";

const cluster = sharedCluster();
const { kubeconfigPath: kubeconfig } = cluster;
const s3 = sharedS3();
const admin = cluster.adminClient();
const namespace = uniqueName("locations");
const selection = ["-n", namespace, "--include-resources", "configmaps"];

beforeAll(async () => {
  const blob = (name: string) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace },
    data: { text: incompressible(700_000) },
  });
  await admin.apply([
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    ...["a", "b", "c", "d"].map(blob),
  ]);
});
afterAll(async () => {
  await admin.delete(`/api/v1/namespaces/${namespace}`);
  admin.close();
});

const create = (url: string, env: Readonly<Record<string, string>> = s3Environment(s3)) =>
  runCli(["create", "b1", ...selection, "--location", url], { kubeconfig, env });

const createCommand = (url: string) => [CLI_PATH, "create", "b1", ...selection, "--location", url];

async function failureOf(command: string, args: readonly string[]): Promise<Error> {
  const run = runCommand(command, args, { env: { KUBECONFIG: kubeconfig } });
  return run.then(
    () => new Error("it succeeded"),
    (error: Error) => error,
  );
}

const xmlError = (status: number, code: string, message: string) => ({
  reply: {
    status,
    headers: { "content-type": "application/xml" },
    body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  },
});

/** Behind a proxy with this rule the backup is refused, and nothing is left in the bucket. */
async function expectRefusedBehind(rule: Rule, refusal: Refusal): Promise<void> {
  const proxy = await faultyS3Proxy(s3, [rule]);
  const location = s3Location(proxy);
  try {
    expectRefusal(await create(location.url), refusal);
    expect(await location.contents()).toEqual([]);
  } finally {
    await proxy.stop();
  }
}

describe("a bucket that cannot be used", () => {
  test("does not exist", async () => {
    const result = await create(s3Url({ ...s3, bucket: "no-such-bucket" }, "x"));
    expectRefusal(result, { code: 7, error: /bucket does not exist/, hint: /create the bucket/ });
  });

  test("knows another secret for the key", async () => {
    const secret = "a-secret-that-is-wrong";
    const result = await create(s3Location().url, { ...s3Environment(s3), AWS_SECRET_ACCESS_KEY: secret });
    expectRefusal(result, {
      code: 7,
      error: /secret key does not fit/,
      hint: /credentials/,
      secrets: [secret],
    });
  });

  test("does not know the key", async () => {
    const result = await create(s3Location().url, { ...s3Environment(s3), AWS_ACCESS_KEY_ID: "nobody" });
    expectRefusal(result, { code: 7, error: /does not know the access key|denied/, hint: /credentials/ });
  });

  test("is given no credentials at all", async () => {
    const result = await create(s3Location().url, {});
    expectRefusal(result, { code: 7, error: /no usable credentials/, hint: /AWS_ACCESS_KEY_ID/ });
  });

  test("lies in another region, which the hint names", async () => {
    const message =
      "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'";
    const rule = { when: () => true, fault: xmlError(400, "AuthorizationHeaderMalformed", message) };
    await expectRefusedBehind(rule, { code: 7, error: /another region/, hint: /\?region=eu-west-1/ });
  });

  test("has another clock", async () => {
    const fault = xmlError(403, "RequestTimeTooSkewed", "The difference is too large.");
    await expectRefusedBehind({ when: () => true, fault }, { code: 7, error: /clock/, hint: /clock/ });
  });

  test("is nowhere", async () => {
    const result = await create(s3Url({ ...s3, endpoint: `http://127.0.0.1:${await freePort()}` }, "x"));
    expectRefusal(result, { code: 7, error: /nothing listens/, hint: /location check/ });
  });

  test("fails whatever is asked", async () => {
    await expectRefusedBehind(
      { when: () => true, fault: serverError(503) },
      { code: 7, error: /overloaded or down/, hint: /location check/ },
    );
  });

  test("is full from the start", async () => {
    await expectRefusedBehind(
      { when: isObjectPut, fault: serverError(507) },
      { code: 7, error: /no room left/, hint: /make room/ },
    );
  });

  test("becomes full in the middle: what was written is taken away again", async () => {
    await expectRefusedBehind(
      { when: isObjectPut, after: 4, fault: xmlError(403, "QuotaExceeded", "quota") },
      { code: 7, error: /no room left/, hint: /make room/ },
    );
  });

  test("may only be read", async () => {
    const location = s3Location();
    const result = await create(`${location.url}&readOnly=true`);
    expectRefusal(result, { code: 7, error: /read-only/, hint: /can be written/ });
    expect(await location.contents()).toEqual([]);
  });
});

describe("a folder that cannot be used", () => {
  test("is configured as read-only", async () => {
    const location = await directoryLocation();
    const result = await create(`${location.url}?readOnly=true`);
    expectRefusal(result, { code: 7, error: /read-only/, hint: /can be written/ });
    expect(await location.contents()).toEqual([]);
    await location.remove();
  });

  test("is a file", async () => {
    const result = await create("file:///etc/hostname");
    expectRefusal(result, { code: 7, error: /not a folder/, hint: /folder/ });
  });

  test("may not be written", async () => {
    const location = await directoryLocation();
    await mkdir(location.path);
    await chmod(location.path, 0o500);
    // In a user namespace of its own, where nobody is above the rights of files.
    const { message } = await failureOf("unshare", ["--user", ...createCommand(location.url)]);
    expect(message).toMatch(/ended with 7:/);
    expect(message).toMatch(
      /error: .*permission denied[^\n]*\nhint: check the owner and the rights of the folder/,
    );
    await location.remove();
  });

  test("is full: nothing is left, and with room the same command succeeds", async () => {
    const location = await directoryLocation();
    await mkdir(location.path, { mode: 0o700 });
    // In a mount namespace of its own, which a user without root makes too.
    const script = [
      `mount -t tmpfs -o size=1m,mode=0700 none '${location.path}'`,
      `"$@"; code=$?; find '${location.path}' -type f >&2; exit $code`,
    ].join("\n");
    const unshare = ["--user", "--map-root-user", "--mount", "sh", "-ec", script, "sh"];
    const { message } = await failureOf("unshare", [...unshare, ...createCommand(location.url)]);
    expect(message).toMatch(/ended with 7:/);
    expect(message).toMatch(
      /error: .*no space is left[^\n]*\nhint: make room, then run the same command again\n$/,
    );
    expect((await create(location.url, {})).code).toBe(0);
    await location.remove();
  });
});
