import { open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type ControlPlane, startControlPlane } from "#test/harness/control-plane.ts";
import { eventually } from "#test/harness/eventually.ts";
import { type GuardProcess, startGuard } from "#test/harness/guard-process.ts";
import type { KubeClient } from "#test/harness/kube-client.ts";
import { type CliResult, runCli } from "#test/harness/run-cli.ts";
import { type Scratch, scratchDirectory } from "#test/harness/scratch.ts";
import { sharedS3, uniqueName } from "#test/harness/shared.ts";
import { s3Location } from "#test/integration/cli/test-location.ts";

// The guard as it is built, asked by a real API server; its pods are said to be ready, for no node runs them here.
const KEY = "kubectl-backup.io";
const PROTECTED = { [`${KEY}/protect`]: "true" };
const NAMESPACES = "/api/v1/namespaces";
const CONFIGURATION =
  "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/kubectl-backup-guard";

let plane: ControlPlane;
let client: KubeClient;
let guard: GuardProcess;
let location: ReturnType<typeof s3Location>;
/** Another location of the guard's, which is not published. */
let second: Scratch;

/** Since the last test began. */
const made: string[] = [];

interface Shown {
  readonly checks: readonly { check: string; state: string; detail: string; help: string[] }[];
  readonly namespaces: readonly Record<string, unknown>[];
  readonly mistakes: readonly Record<string, unknown>[];
}

beforeAll(async () => {
  plane = await startControlPlane();
  client = plane.adminClient();
  location = s3Location();
  second = await scratchDirectory("location");
});
afterAll(async () => {
  await guard?.remove();
  await location?.remove();
  await second?.remove();
  client?.close();
  await plane?.stop();
});

type As = { readonly kubeconfig?: string; readonly env?: Readonly<Record<string, string>> };

function status(args: readonly string[] = [], as: As = {}): Promise<CliResult> {
  return runCli(["guard", "status", ...args], {
    kubeconfig: plane.kubeconfigPath,
    env: location.env,
    ...as,
  });
}

async function shown(as: As = {}): Promise<Shown & { readonly code: number | null }> {
  const { code, stdout } = await status(["-o", "json"], as);
  return { ...JSON.parse(stdout), code };
}

const statesOf = ({ checks }: Shown) => Object.fromEntries(checks.map(({ check, state }) => [check, state]));
const checkOf = ({ checks }: Shown, which: string) => checks.find(({ check }) => check === which);
const detailOf = (all: Shown, which: string) => checkOf(all, which)?.detail ?? "";

async function namespace(labels: object = PROTECTED, annotations: object = {}): Promise<string> {
  const name = uniqueName("prod");
  made.push(name);
  const metadata = { name, labels, annotations };
  await client.create(NAMESPACES, { apiVersion: "v1", kind: "Namespace", metadata });
  await eventually("it has its account", () => client.find(`${NAMESPACES}/${name}/serviceaccounts/default`));
  return name;
}

async function backup(name: string): Promise<string> {
  const args = ["create", "-n", name, "--location", location.url, "-o", "name"];
  const { code, stdout, stderr } = await runCli(args, {
    kubeconfig: plane.kubeconfigPath,
    env: location.env,
  });
  expect([code, stderr]).toEqual([0, expect.anything()]);
  return stdout.trim().replace("backup/", "");
}

test("where no guard is installed, that is what is wrong, and labels are told of all the same", async () => {
  const name = await namespace({ [`${KEY}/protected`]: "true" });
  const { code, stdout, stderr } = await status();
  expect(code).toBe(3);
  expect(stdout).toMatch(/^guard +failed +no guard is installed in this cluster/m);
  expect(stdout).toMatch(new RegExp(`^${name} +label ${KEY}/protected=true +means nothing`, "m"));
  expect(stderr).toContain("hint: kubectl backup install --help");
});

describe("with a guard", () => {
  beforeAll(async () => {
    const url = pathToFileURL(second.path).href;
    const locations = [location.url, url];
    guard = await startGuard(plane, { locations, env: { GUARD_REFRESH: "2s", ...location.env } });
    await applyDeployment();
  });
  beforeEach(async () => {
    const unlabelled = { metadata: { labels: { [`${KEY}/protect`]: null } } };
    for (const name of made.splice(0)) {
      await client.patch(`${NAMESPACES}/${name}`, unlabelled);
      await client.delete(`${NAMESPACES}/${name}`);
    }
  });

  /** What `install` would apply: locations and Deployment, with pods that are as if they ran. */
  async function applyDeployment(): Promise<void> {
    const image = `registry.example/kubectl-backup@sha256:${"ab".repeat(32)}`;
    const args = ["--location", location.url, "--image", image, "--read-credentials", "service-account"];
    const { stdout } = await runCli(["install", ...args, "--dry-run", "-o", "json"], {});
    const objects: { kind: string }[] = JSON.parse(stdout).items;
    const wanted = objects.filter(({ kind }) => kind === "ConfigMap" || kind === "Deployment");
    for (const object of wanted)
      await plane.adminKubectl(["apply", "--server-side", "-f", "-"], { stdin: JSON.stringify(object) });
    await eventually("its pods are there", async () => (await pods()).length === 2);
    for (const { metadata } of await pods()) {
      const conditions = [{ type: "Ready", status: "True" }];
      await client.patch(
        `${NAMESPACES}/kubectl-backup/pods/${metadata.name}/status`,
        { status: { phase: "Running", conditions } },
        "merge",
      );
    }
    await eventually("they count as ready", async () => {
      const path = "/apis/apps/v1/namespaces/kubectl-backup/deployments/kubectl-backup-guard";
      const { status: found } = (await client.get(path)) as { status?: { readyReplicas?: number } };
      return found?.readyReplicas === 2;
    });
  }

  const check = () =>
    runCli(["check", "--location", location.url], {
      kubeconfig: plane.kubeconfigPath,
      env: location.env,
    });

  const pods = () => client.list(`${NAMESPACES}/kubectl-backup/pods`);

  test("all is well: every check says ok, and the exit code is 0", async () => {
    const all = await shown();
    expect([all.code, statesOf(all)]).toEqual([
      0,
      {
        deployment: "ok",
        configuration: "ok",
        answer: "ok",
        certificate: "ok",
        "location backups": "ok",
        clocks: "ok",
      },
    ]);
    expect(detailOf(all, "certificate")).toMatch(/the served certificate is valid until 20\d\d-/);
    expect(detailOf(all, "clocks")).toMatch(/^this machine .*, backups .*the API server's$/);
    expect(all).toMatchObject({ namespaces: [], mistakes: [] });
    const preflight = await check();
    expect([preflight.code, preflight.stdout]).toEqual([0, expect.stringMatching(/^guard: answer +ok/m)]);
  });

  test("of every protected namespace it says what the guard then does", async () => {
    const fresh = await namespace();
    const stale = await namespace(PROTECTED, { [`${KEY}/max-age`]: "1s" });
    const none = await namespace({ ...PROTECTED, [`${KEY}/tier`]: "critical" });
    await namespace({});
    const [freshBackup, staleBackup] = [await backup(fresh), await backup(stale)];
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const all = await shown();
    expect(all.code).toBe(0);
    const byName: Record<string, Shown["namespaces"][number]> = Object.fromEntries(
      all.namespaces.map((one) => [one["name"], one]),
    );
    expect(byName).toEqual({
      [fresh]: expect.objectContaining({
        tier: "normal",
        maxAgeSeconds: 86_400,
        deletion: "allowed",
        backup: { name: freshBackup, ageSeconds: expect.any(Number) },
      }),
      [stale]: expect.objectContaining({
        maxAgeSeconds: 1,
        deletion: "refused",
        reason: "stale",
        because: expect.stringMatching(`^its newest backup ${staleBackup}: it is \\d+s old$`),
        backup: { name: staleBackup, ageSeconds: expect.any(Number) },
      }),
      [none]: expect.objectContaining({
        tier: "critical",
        maxAgeSeconds: 14_400,
        deletion: "refused",
        reason: "none",
        because: "there is no backup of it",
      }),
    });
    for (const [name, one] of Object.entries(byName)) {
      const expected = one?.["deletion"] === "allowed" ? 200 : 403;
      const { status: answered } = await client.request("DELETE", `${NAMESPACES}/${name}?dryRun=All`);
      expect([name, answered]).toEqual([name, expected]);
    }
    const table = (await status()).stdout;
    expect(table).toMatch(new RegExp(`^${fresh} +normal +${freshBackup} +\\d+s +24h +allowed$`, "m"));
    expect(table).toMatch(new RegExp(`^${none} +critical +<none> +<none> +4h +refused: there is no`, "m"));
    expect((await status(["-o", "name"])).stdout.trim().split("\n").toSorted()).toEqual(
      [fresh, stale, none].map((name) => `namespace/${name}`).toSorted(),
    );
  });

  test("an archive whose bytes are wrong is found when archives are read, as the guard finds it", async () => {
    const name = await namespace();
    const made = await backup(name);
    await flipByte(`backups/${made}/${made}.tar.gz`);
    expect((await shown()).namespaces).toMatchObject([{ name, deletion: "allowed" }]);
    const { stdout } = await status(["--deep", "-o", "json"]);
    expect(JSON.parse(stdout).namespaces).toMatchObject([
      {
        name,
        deletion: "refused",
        reason: "damaged",
        because: expect.stringContaining("not those that were written"),
      },
    ]);
  });

  /** Behind the store's back: its size and ETag stay. */
  async function flipByte(key: string): Promise<void> {
    const { dataDir, bucket } = sharedS3();
    const path = join(dataDir, bucket, location.prefix, key);
    const bytes = await readFile(path);
    const file = await open(path, "r+");
    await file.write(Uint8Array.of((bytes[100] ?? 0) ^ 1), 0, 1, 100);
    await file.close();
  }

  test("a skip that holds is told of; the namespace stays refused to everybody else", async () => {
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const name = await namespace();
    const skip = `${name}; until=${until}; reason=INC-42`;
    const annotations = { [`${KEY}/skip-final-backup`]: skip };
    await client.patch(`${NAMESPACES}/${name}`, { metadata: { annotations } });
    const { stdout } = await status(["-o", "wide"]);
    expect(stdout).toMatch(
      new RegExp(`^${name} .*refused: .*\\(allowed to who may unprotect, until ${until}`, "m"),
    );
    expect((await shown()).namespaces).toMatchObject([{ name, skip: { reason: "INC-42" } }]);
  });

  test("labels that promise what nobody keeps are named with what mends them, and the exit code is 3", async () => {
    const name = await namespace({ [`${KEY}/protected`]: "true" });
    await client.patch(`${NAMESPACES}/kube-public`, { metadata: { labels: PROTECTED } });
    const { code, stdout, stderr } = await status();
    expect(code).toBe(3);
    expect(stdout).toMatch(new RegExp(`^${name} +label ${KEY}/protected=true +means nothing`, "m"));
    expect(stdout).toMatch(/^kube-public +label .* protects nothing/m);
    const [mend = ""] = stderr.match(/kubectl backup protect prod-.*/) ?? [];
    expect(mend).toBe(`kubectl backup protect ${name} && kubectl label namespace ${name} ${KEY}/protected-`);
    await plane.adminKubectl(["label", "namespace", "kube-public", `${KEY}/protect-`]);
    await plane.adminKubectl(["label", "namespace", name, `${KEY}/protected-`]);
    expect((await shown()).code).toBe(0);
  });

  test("a configuration that was changed so that deletions pass is found, with how to put it right", async () => {
    const change = (value: string) =>
      client.patch(CONFIGURATION, [{ op: "replace", path: "/webhooks/0/failurePolicy", value }], "json");
    await change("Ignore");
    try {
      const all = await shown();
      expect([all.code, statesOf(all)["configuration"]]).toEqual([3, "failed"]);
      expect(detailOf(all, "configuration")).toContain("failurePolicy of the webhook configuration is not");
      expect(checkOf(all, "configuration")?.help).toEqual(["kubectl backup install puts it right"]);
      const preflight = await check();
      expect([preflight.code, preflight.stdout]).toEqual([
        3,
        expect.stringMatching(/^guard: configuration +failed/m),
      ]);
    } finally {
      await change("Fail");
    }
  });

  test("a guard that cannot look at one of its locations says so itself", async () => {
    await rename(second.path, `${second.path}.away`);
    await writeFile(second.path, "");
    try {
      const all = await shown();
      expect([all.code, statesOf(all)["answer"]]).toEqual([0, "warning"]);
      expect(detailOf(all, "answer")).toMatch(/cannot look at a location.*file:/);
    } finally {
      await rm(second.path);
      await rename(`${second.path}.away`, second.path);
    }
  });

  test("a guard that is down is found by its silence", async () => {
    const name = await namespace();
    await guard.stop();
    try {
      const all = await shown();
      expect([all.code, statesOf(all)["answer"]]).toEqual([3, "failed"]);
      expect(checkOf(all, "answer")?.help).toContain("no pod of the guard is ready");
      expect(all.namespaces).toMatchObject([{ name, deletion: "refused" }]);
    } finally {
      await guard.start();
    }
  });

  test("without credentials for the location nothing is claimed of the namespaces, and the guard is not blamed", async () => {
    const name = await namespace();
    const all = await shown({ env: {} });
    expect([all.code, statesOf(all)["location backups"]]).toEqual([0, "unknown"]);
    expect(all.namespaces).toMatchObject([{ name, deletion: "unknown" }]);
  });

  test("what somebody's rights do not reach to is named, and the rest is shown", async () => {
    const name = await namespace();
    const user = uniqueName("user");
    const kubeconfig = await plane.withClientCert({ user });
    const bare = await shown({ kubeconfig });
    expect([bare.code, bare.namespaces]).toEqual([6, []]);
    expect(statesOf(bare)).toEqual({
      deployment: "unknown",
      configuration: "unknown",
      answer: "unknown",
      certificate: "unknown",
      limits: "unknown",
      locations: "unknown",
      clocks: "ok",
      namespaces: "unknown",
    });
    await plane.adminKubectl([
      "create",
      "clusterrolebinding",
      user,
      "--clusterrole=kubectl-backup-protect",
      `--user=${user}`,
    ]);
    const more = await shown({ kubeconfig });
    expect([more.code, statesOf(more)["answer"]]).toEqual([0, "ok"]);
    expect(more.namespaces).toMatchObject([
      { name, deletion: "unknown", because: expect.stringContaining("persistentvolumeclaims is forbidden") },
    ]);
    const { stderr } = await status([], { kubeconfig });
    expect(stderr).toContain("hint: the ClusterRole kubectl-backup-guard-viewer has the rights");
    const role = "--clusterrole=kubectl-backup-guard-viewer";
    await plane.adminKubectl(["create", "clusterrolebinding", `${user}-2`, role, `--user=${user}`]);
    const all = await shown({ kubeconfig });
    expect([all.code, new Set(Object.values(statesOf(all)))]).toEqual([0, new Set(["ok"])]);
    expect(detailOf(all, "certificate")).toMatch(/^its authority is valid until .*could not be looked at/);
    expect(all.namespaces).toMatchObject([{ name, deletion: "refused" }]);
  });

  test("a cluster that is not there is a failure, not a finding", async () => {
    const { code, stderr } = await status(["--server", "https://127.0.0.1:1", "--request-timeout", "2s"]);
    expect([code, stderr]).toEqual([6, expect.stringMatching(/^error: /)]);
  });
});
