import { afterAll, beforeAll, expect, test } from "vitest";
import type { KubeClient } from "#test/harness/kube-client.ts";
import { type CliResult, runCli } from "#test/harness/run-cli.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { s3Location, type TestLocation } from "./test-location.ts";

const cluster = sharedCluster();
let client: KubeClient;
let location: TestLocation;
let namespace: string;

beforeAll(async () => {
  client = cluster.adminClient();
  location = s3Location();
  namespace = uniqueName("check");
  await client.create("/api/v1/namespaces", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace },
  });
});
afterAll(async () => {
  await client.delete(`/api/v1/namespaces/${namespace}`);
  client.close();
  await location.remove();
});

type Shown = CliResult & {
  readonly states: Readonly<Record<string, string>>;
  readonly details: Readonly<Record<string, string>>;
};

async function check(args: readonly string[] = [], kubeconfig = cluster.kubeconfigPath): Promise<Shown> {
  const result = await runCli(["check", "--location", location.url, "-o", "json", ...args], {
    kubeconfig,
    env: location.env,
  });
  const checks: { check: string; state: string; detail: string }[] =
    result.stdout === "" ? [] : JSON.parse(result.stdout).checks;
  return {
    ...result,
    states: Object.fromEntries(checks.map((one) => [one.check, one.state])),
    details: Object.fromEntries(checks.map((one) => [one.check, one.detail])),
  };
}

const STORE_IS_FINE = {
  location: "ok",
  "location: list": "ok",
  "location: write": "ok",
  "location: read back": "ok",
  "location: never overwrite": "ok",
  "location: conditional writes": "ok",
  "location: delete": "ok",
};

test("with all rights and a location that works everything is ok, and nothing is left behind", async () => {
  const { code, states, details, stderr } = await check();
  expect([code, stderr]).toEqual([0, ""]);
  expect(states).toEqual({
    cluster: "ok",
    "right to back up": "ok",
    "right to restore": "ok",
    "snapshot classes": "ok",
    guard: "ok",
    ...STORE_IS_FINE,
    clocks: "ok",
  });
  expect(details["cluster"]).toMatch(/\(https:.*\), v1\.\d+\.\d+, as /);
  expect(details["right to back up"]).toMatch(/^all \d+ kinds in \d+ namespaces$/);
  expect(details["guard"]).toMatch(/^no guard is installed/);
  expect(await location.contents()).toEqual([]);
});

test("the table says the same for people", async () => {
  const { code, stdout } = await runCli(["check", "--location", location.url], {
    kubeconfig: cluster.kubeconfigPath,
    env: location.env,
  });
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^CHECK +STATE +DETAIL\ncluster +ok /)]);
});

test("who may read nothing is told so with the command that prints the rights, and the location is looked at all the same", async () => {
  const kubeconfig = await cluster.withClientCert({ user: "nobody-who-checks" });
  const whole = await check([], kubeconfig);
  expect([whole.code, whole.states]).toEqual([
    6,
    expect.objectContaining({ "right to back up": "failed", ...STORE_IS_FINE }),
  ]);
  expect(whole.details["cluster"]).toMatch(/as nobody-who-checks$/);
  expect(whole.details["guard"]).toMatch(/^whether there is one cannot be told: .*forbidden/);
  const one = await check(["-n", namespace], kubeconfig);
  expect(one.code).toBe(6);
  expect(one.details["right to back up"]).toMatch(
    new RegExp(`^you may not list .*and \\d+ more in ${namespace}$`),
  );
  expect(one.stderr).toContain(`hint: kubectl backup rbac backup -n ${namespace} prints the rights`);
  expect(one.stderr).toContain(`hint: kubectl backup rbac restore -n ${namespace} prints the rights`);
});

test("the role that rbac backup prints is enough to back up; that it is not enough to restore is a warning", async () => {
  const user = uniqueName("user");
  const kubeconfig = await cluster.withClientCert({ user });
  const role = await runCli(["rbac", "backup", "-n", namespace], { kubeconfig: cluster.kubeconfigPath });
  await cluster.adminKubectl(["apply", "-f", "-"], { stdin: role.stdout });
  await cluster.adminKubectl([
    "-n",
    namespace,
    "create",
    "rolebinding",
    user,
    "--role=kubectl-backup-reader",
    `--user=${user}`,
  ]);
  const { code, states, details } = await check(["-n", namespace], kubeconfig);
  expect([code, states["right to back up"], states["right to restore"]]).toEqual([0, "ok", "warning"]);
  expect(details["right to back up"]).toMatch(new RegExp(`^all \\d+ kinds in namespace ${namespace}$`));
  expect(details["right to restore"]).toMatch(/^you may not create or patch /);
});

test("a location that is not there is what is at fault", async () => {
  const dead = "s3://backups/x?endpoint=http://127.0.0.1:1&pathStyle=true";
  const away = await check(["--location", dead]);
  expect([away.code, away.states["cluster"], away.states["location: list"]]).toEqual([7, "ok", "failed"]);
  expect(away.stderr).toMatch(/^hint: look whether its server or disk answers, .* \?endpoint=/m);
});

test("a cluster that is not there is told of, and the location is looked at all the same", async () => {
  const { code, states } = await check(["--server", "https://127.0.0.1:1", "--request-timeout", "2s"]);
  expect([code, states]).toEqual([6, { cluster: "failed", ...STORE_IS_FINE }]);
});

test("a location that nobody has named, and a namespace that is not there", async () => {
  const { code, stderr } = await check(["--location", "nowhere"]);
  expect([code, stderr]).toEqual([2, expect.stringMatching(/no location is named/)]);
  const missing = await check(["-n", "no-such-namespace"]);
  expect([missing.code, missing.states["right to back up"]]).toEqual([4, "failed"]);
});
