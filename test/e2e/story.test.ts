// The whole story as somebody lives it who has just put the plugin on PATH: real kubectl, the built program, a home
// folder that holds nothing but a kubeconfig. Each test goes on where the one before it ended.
import { chmod, copyFile, mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BUSYBOX } from "#test/fixtures/busybox-image.ts";
import { shopObjects } from "#test/fixtures/shop.ts";
import { eventually } from "#test/harness/eventually.ts";
import { CLI_PATH, type CliResult, runCli } from "#test/harness/run-cli.ts";
import { s3Environment } from "#test/harness/s3-server.ts";
import { type Scratch, scratchDirectory } from "#test/harness/scratch.ts";
import { sharedCluster, sharedS3, uniqueName } from "#test/harness/shared.ts";

const cluster = sharedCluster();
const s3 = sharedS3();
const client = cluster.adminClient();
const shop = uniqueName("shop");
const copy = `${shop}-copy`;
const prefix = uniqueName("story");
const url = `s3://${s3.bucket}/${prefix}?endpoint=${s3.endpoint}&pathStyle=true`;
const greetingPath = `/api/v1/namespaces/${shop}/configmaps/settings`;

let home: Scratch;
let plugins: Scratch;

beforeAll(async () => {
  home = await scratchDirectory("home");
  plugins = await scratchDirectory("plugins");
  await mkdir(join(home.path, ".kube"));
  await copyFile(cluster.kubeconfigPath, join(home.path, ".kube/config"));
  await client.apply(shopObjects(shop, BUSYBOX));
  await podsOf(shop);
});

afterAll(async () => {
  await cluster.adminKubectl(["delete", "namespace", "--wait=false", "--ignore-not-found", shop, copy]);
  client.close();
  await Promise.all([home.remove(), plugins.remove()]);
});

test("kubectl finds the plugin and warns of nothing", async () => {
  const { code, stdout, stderr } = await kubectl("plugin", "list");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toContain(CLI_PATH);
  expect(stdout).not.toMatch(/warning/i);
});

test("help ends with 0, a word that is no command with 2", async () => {
  const help = await backup("--help");
  expect(help).toMatchObject({ code: 0, stderr: "" });
  for (const command of ["create", "restore", "get"])
    expect(help.stdout).toMatch(new RegExp(`^ +${command}`, "m"));
  const typo = await backup("restor");
  expect(typo).toMatchObject({ code: 2, stdout: "" });
  expect(typo.stderr).toContain("restore");
});

test("version tells the tool's and the cluster's", async () => {
  const version = await backup("version", "-o", "json");
  expect(version).toMatchObject({ code: 0, stderr: "" });
  expect(JSON.parse(version.stdout)).toMatchObject({
    client: { version: expect.stringMatching(/^\d+\.\d+\.\d+/) },
    server: { version: expect.stringMatching(/^v1\./) },
  });
});

test("the first backup needs no configuration: it goes to a folder of the user's", async () => {
  const made = await backup("create", "first", "-n", shop);
  expect(made.code).toBe(0);
  expect(made.stdout).toMatch(/^backup\/first completed: \d+ objects/);
  expect(made.stdout).toContain("namespaces: 1 of 1 complete");
  const folders = await readdir(join(home.path, ".local/share/kubectl-backup"), { recursive: true });
  expect(folders.filter((path) => path.endsWith("velero-backup.json"))).toHaveLength(1);
});

test("get lists it, in every form, with nothing but data on stdout", async () => {
  const table = await backup("get");
  expect(table).toMatchObject({ code: 0, stderr: "" });
  expect(table.stdout).toMatch(/^NAME +STATUS .*\nfirst +Completed /);
  expect(await backup("get", "-o", "name")).toMatchObject({ code: 0, stdout: "backup/first\n" });
  const { stdout } = await backup("get", "-o", "json");
  expect(JSON.parse(stdout)).toMatchObject({ backups: [{ name: "first", phase: "Completed" }] });
});

test("describe says what it holds", async () => {
  const { code, stdout } = await backup("describe", "first");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^deployments\.apps +v1 +1 +1$/m);
  expect(stdout).toMatch(new RegExp(`^${shop} .*`, "m"));
});

test("logs prints what the run said", async () => {
  const { code, stdout } = await backup("logs", "first");
  expect(code).toBe(0);
  expect(stdout).toMatch(/level=info msg="deployments\.apps \(v1\): 1 object by/);
});

test("a dry run shows what a restore of the deleted namespace would do, and does nothing", async () => {
  expect(await kubectl("delete", "namespace", shop)).toMatchObject({ code: 0 });
  const planned = await backup("restore", "first", "--dry-run");
  expect(planned.code).toBe(0);
  expect(planned.stdout).toMatch(/deployments\.apps/);
  expect(await client.find(`/api/v1/namespaces/${shop}`)).toBeUndefined();
});

test("restore brings the namespace back, and diff finds no difference", async () => {
  const restored = await backup("restore", "first");
  expect(restored.code).toBe(0);
  expect(restored.stdout).toMatch(/^restore\/first-\S+ completed in \S+\n.* 0 failed$/m);
  expect(await client.get(greetingPath)).toMatchObject({ data: { greeting: "hello", currency: "EUR" } });
  await podsOf(shop);
  expect(await backup("diff", "first")).toMatchObject({ code: 0 });
});

test("diff finds what was changed since", async () => {
  await client.patch(greetingPath, { data: { greeting: "good evening" } });
  const { code, stdout } = await backup("diff", "first", "-o", "wide");
  expect(code).toBe(1);
  expect(stdout).toMatch(/^configmaps .* settings .*\.data\.greeting/m);
});

test("a restore leaves alone what differs, and says which flag would not", async () => {
  const { code, stdout } = await backup("restore", "first");
  expect(code).toBe(0);
  expect(stdout).toContain("--existing update");
  expect(await client.get(greetingPath)).toMatchObject({ data: { greeting: "good evening" } });
});

test("restore --existing update makes it as it was", async () => {
  const { code, stdout } = await backup("restore", "first", "--existing", "update");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^0 created, 1 updated,/m);
  expect(await client.get(greetingPath)).toMatchObject({ data: { greeting: "hello" } });
  expect(await backup("diff", "first")).toMatchObject({ code: 0 });
});

test("the same restore once more writes nothing", async () => {
  const before = await versionsIn(shop);
  const { code, stdout } = await backup("restore", "first", "--existing", "update");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^0 created, 0 updated,/m);
  expect(await versionsIn(shop)).toEqual(before);
});

test("a location has a name from the time it was added until it is removed", async () => {
  expect(await backup("location", "add", "bucket", url)).toMatchObject({ code: 0 });
  // The same again changes nothing; another under that name is refused.
  expect(await backup("location", "add", "bucket", url)).toMatchObject({ code: 0 });
  expect(await backup("location", "add", "bucket", url.replace(prefix, `${prefix}-other`))).toMatchObject({
    code: 5,
  });
  expect(await backup("location", "default", "bucket")).toMatchObject({ code: 0 });
  expect((await backup("location", "list")).stdout).toMatch(/^bucket +yes +s3:/m);
  const checked = await backup("location", "check");
  expect(checked.code).toBe(0);
  expect(checked.stdout).toContain(prefix);
  expect(checked.stdout).not.toContain("failed");
});

test("a backup in S3 is found by the default, by the location's name and by its URL", async () => {
  expect(await backup("create", "second", "-n", shop)).toMatchObject({ code: 0 });
  for (const where of [[], ["--location", "bucket"], ["--location", url]]) {
    expect(await backup("get", "-o", "name", ...where)).toMatchObject({ code: 0, stdout: "backup/second\n" });
  }
});

test("it is restored under another name beside the original, which stays as it is", async () => {
  const before = await versionsIn(shop);
  const args = ["restore", "second", "--namespace-mapping", `${shop}:${copy}`];
  expect(await backup(...args)).toMatchObject({ code: 0 });
  expect(await versionsIn(shop)).toEqual(before);
  const binding = `/apis/rbac.authorization.k8s.io/v1/namespaces/${copy}/rolebindings/shop:reader`;
  expect(await client.get(binding)).toMatchObject({ subjects: [{ name: "shop", namespace: copy }] });
  await podsOf(copy);
});

test("bash completes commands, flags and the names of backups", async () => {
  expect(await completedByBash("kubectl-backup", "res")).toEqual(["restore", "restores"]);
  expect(await completedByBash("kubectl-backup", "get", "--all-c")).toEqual(["--all-clusters"]);
  expect(await completedByBash("kubectl-backup", "restore", "sec")).toEqual(["second"]);
});

test("kubectl's own completion asks the plugin", async () => {
  const { stdout } = await backup("completion", "kubectl");
  const script = join(plugins.path, "kubectl_complete-backup");
  await writeFile(script, stdout);
  await chmod(script, 0o755);
  const completed = await kubectl("__complete", "backup", "restore", "sec");
  expect(completed.stdout.split("\n")).toContain("second");
});

test("what is deleted no longer lists, and a location's name goes without its backups", async () => {
  const asked = await backup("delete", "second");
  expect(asked.code).toBe(2);
  expect(asked.stderr).toContain("--yes");
  expect(await backup("delete", "second", "--yes")).toMatchObject({ code: 0 });
  expect((await backup("get", "-o", "name")).stdout).toBe("");
  expect(await backup("location", "remove", "bucket")).toMatchObject({ code: 0 });
  expect((await backup("location", "list")).stdout).not.toContain("bucket");
  expect(await backup("get", "-o", "name")).toMatchObject({ code: 0, stdout: "backup/first\n" });
});

function backup(...args: readonly string[]): Promise<CliResult> {
  return kubectl("backup", ...args);
}

function kubectl(...args: readonly string[]): Promise<CliResult> {
  return runCli(args, {
    command: join(cluster.binDirectory, "kubectl"),
    home: home.path,
    env: environment(),
  });
}

function environment(): Readonly<Record<string, string>> {
  const PATH = [dirname(CLI_PATH), cluster.binDirectory, plugins.path, "/usr/bin", "/bin"].join(":");
  return { PATH, ...s3Environment(s3) };
}

/** What bash offers for the last word. */
async function completedByBash(...words: readonly string[]): Promise<readonly string[]> {
  const script = `source <(kubectl-backup completion bash)
COMP_LINE="$*"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _kubectl_backup; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const options = { command: "/bin/bash", home: home.path, env: environment() };
  const { stdout } = await runCli(["-c", script, "bash", ...words], options);
  return stdout.trim().split("\n");
}

/** Until the controllers have done with a namespace: its Deployment has its pod. */
async function podsOf(namespace: string): Promise<void> {
  await eventually("the pod to be made", async () => {
    const pods = await client.list(`/api/v1/namespaces/${namespace}/pods`);
    return pods.length > 0;
  });
}

/** Kind and name → resourceVersion of what a restore could write. */
async function versionsIn(namespace: string): Promise<Readonly<Record<string, string>>> {
  const lists = await Promise.all(
    [
      ...["configmaps", "secrets", "serviceaccounts", "services"].map(
        (kind) => `/api/v1/namespaces/${namespace}/${kind}`,
      ),
      ...["roles", "rolebindings"].map(
        (kind) => `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/${kind}`,
      ),
      ...["deployments", "replicasets"].map((kind) => `/apis/apps/v1/namespaces/${namespace}/${kind}`),
    ].map((path) => client.list(path)),
  );
  const own = await client.get(`/api/v1/namespaces/${namespace}`);
  const entries = [own, ...lists.flat()].map(({ kind, metadata }) => [
    `${kind} ${metadata.name}`,
    metadata.resourceVersion ?? "",
  ]);
  return Object.fromEntries(entries);
}
