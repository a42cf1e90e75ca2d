import { readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { ignoreIfNoneMatch, tooManyRequests } from "#test/harness/faults.ts";
import { faultyKubeProxy, faultyS3Proxy } from "#test/harness/faulty-proxy.ts";
import { CLI_PATH, runCli, startCli } from "#test/harness/run-cli.ts";
import { type Scratch, scratchDirectory } from "#test/harness/scratch.ts";
import { sharedCluster, sharedS3, uniqueName } from "#test/harness/shared.ts";
import { expectRefusal } from "./expect-refusal.ts";
import { directoryLocation, s3Location, type TestLocation } from "./test-location.ts";

const cluster = sharedCluster();
const { kubeconfigPath: kubeconfig } = cluster;
const admin = cluster.adminClient();
const namespace = uniqueName("cases");
let location: TestLocation;
let scratch: Scratch;

const binding = (name: string, role: string, subject: Readonly<Record<string, string>>) => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "RoleBinding",
  metadata: { name, namespace },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
  subjects: [subject],
});

beforeAll(async () => {
  scratch = await scratchDirectory("kubeconfigs");
  const user = { apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "case-readers" };
  await admin.apply([
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    ...["a", "b", "c"].map((name) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace, labels: { part: name } },
      data: { name },
    })),
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "saver", namespace } },
    binding("readers", "view", user),
    binding("saver", "view", { kind: "ServiceAccount", name: "saver", namespace }),
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

const configMaps = ["-n", namespace, "--include-resources", "configmaps"];
const create = (...args: string[]) => ["create", ...args, "--location", location.url, "-o", "json"];

async function kubeconfigWith(name: string, edit: (config: Config) => void): Promise<string> {
  const config: Config = parse(await readFile(kubeconfig, "utf8"));
  edit(config);
  const path = join(scratch.path, name);
  await writeFile(path, stringify(config), { mode: 0o600 });
  return path;
}

type Config = {
  clusters: { cluster: Record<string, unknown> }[];
  users: { user: Record<string, unknown> }[];
  "current-context"?: string;
};

test("a dry run prints the published list of what is not stored, and writes nothing (case 10)", async () => {
  const { code, stdout, stderr } = await runCli(["create", "--dry-run", "--location", location.url], {
    kubeconfig,
  });
  expect(code, stderr).toBe(0);
  // The kinds that are read stand in a table before it.
  const never = stdout.slice(stdout.indexOf("Never stored:"));
  const lines = [
    "events",
    "leases.coordination.k8s.io",
    "endpointslices.discovery.k8s.io, some",
    "endpoints, some",
  ];
  for (const what of lines) expect(never).toMatch(new RegExp(`^${what} {2,}\\w`, "m"));
  expect(await location.contents()).toEqual([]);
});

test("a busy server is waited for as long as it asks, three times (case 12)", async () => {
  const busy = {
    when: ({ path }: { path: string }) => path.endsWith("/configmaps"),
    fault: tooManyRequests(2),
  };
  const proxy = await faultyKubeProxy(cluster, [{ ...busy, times: 3 }]);
  try {
    const result = await runCli(create("b1", ...configMaps), { kubeconfig: proxy.kubeconfigPath });
    expect(result.code, result.stderr).toBe(0);
    const asked = proxy.requests.filter(busy.when);
    expect(asked.map(({ status }) => status)).toEqual([429, 429, 429, 200]);
    for (const [n, { startedAt }] of asked.slice(1).entries()) {
      expect(startedAt - (asked[n]?.startedAt ?? 0)).toBeGreaterThanOrEqual(1990);
    }
    const kind = JSON.parse(result.stdout).kinds.find(
      (one: { resource: string }) => one.resource === "configmaps",
    );
    expect(kind).toMatchObject({ method: "pages", consistent: true, count: 4 });
  } finally {
    await proxy.stop();
  }
});

test("of several kubeconfig files the first that names a cluster counts, and a missing one does not matter (case 15)", async () => {
  const first = await kubeconfigWith("first", () => undefined);
  const second = await kubeconfigWith("second", (config) => {
    for (const { cluster: entry } of config.clusters) entry["server"] = "https://127.0.0.1:1";
    config["current-context"] = "elsewhere";
  });
  const merged = [first, join(scratch.path, "missing"), second].join(delimiter);
  const result = await runCli(create("b1", ...configMaps), { kubeconfig: merged });
  expect(result.code, result.stderr).toBe(0);
  expect(JSON.parse(result.stdout).cluster.server.replace(/\/$/, "")).toBe(cluster.server.replace(/\/$/, ""));
});

test("user and groups that a kubeconfig impersonates reach the server (case 16)", async () => {
  const impersonating = (groups: readonly string[]) =>
    kubeconfigWith(`as-${groups.length}`, ({ users }) => {
      for (const { user } of users) Object.assign(user, { as: "jane", "as-groups": groups });
    });
  const inGroup = await runCli(create("b1", ...configMaps), {
    kubeconfig: await impersonating(["case-readers"]),
  });
  expect(JSON.parse(inGroup.stdout)).toMatchObject({ createdBy: { user: "jane" }, itemCount: 5 });
  const alone = await runCli(create("b2", ...configMaps), { kubeconfig: await impersonating([]) });
  expect(alone.code).toBe(6);
  expect(alone.stderr).toContain("jane");
});

test("user and groups that flags impersonate reach the server: --as-group was dropped once", async () => {
  const impersonating = ["--as", "jane", "--as-group", "case-readers", "--as-group", "others"];
  const inGroup = await runCli(create("b1", ...configMaps, ...impersonating), { kubeconfig });
  expect(inGroup.code, inGroup.stderr).toBe(0);
  expect(JSON.parse(inGroup.stdout)).toMatchObject({ createdBy: { user: "jane" }, itemCount: 5 });
  const alone = await runCli(create("b2", ...configMaps, "--as", "jane"), { kubeconfig });
  expect(alone.code).toBe(6);
});

test("with a label selector, where the server tells no remaining count, progress is told in objects, and pages are as small as asked for (case 19)", async () => {
  const proxy = await faultyKubeProxy(cluster);
  try {
    const args = create("b1", ...configMaps, "-l", "part in (a,b)", "--page-size", "1");
    const result = await runCli(args, { kubeconfig: proxy.kubeconfigPath });
    expect(result.code, result.stderr).toBe(0);
    const kinds: readonly { resource: string }[] = JSON.parse(result.stdout).kinds;
    expect(kinds.find(({ resource }) => resource === "configmaps")).toMatchObject({
      method: "pages",
      count: 2,
    });
    expect(result.stderr).toMatch(/^read: \d+ objects in /m);
    const lists = proxy.requests.filter(({ path }) => path.endsWith("/configmaps"));
    // The last page is empty: that nothing more matches the server only knows when it has looked.
    expect(lists.map(({ query }) => new URLSearchParams(query).get("limit"))).toEqual(["1", "1", "1"]);
  } finally {
    await proxy.stop();
  }
});

test("of two runs racing for a name on a store that ignores conditions one wins, the other never reads the cluster (case 82)", async () => {
  const rules = [ignoreIfNoneMatch("put"), ignoreIfNoneMatch("completion")];
  const proxy = await faultyS3Proxy(sharedS3(), rules);
  const bucket = s3Location(proxy);
  const fronts = await Promise.all([faultyKubeProxy(cluster), faultyKubeProxy(cluster)]);
  try {
    const args = ["create", "b1", ...configMaps, "--location", bucket.url];
    const runs = await Promise.all(
      fronts.map(({ kubeconfigPath }) => runCli(args, { kubeconfig: kubeconfigPath, env: bucket.env })),
    );
    expect(runs.map(({ code }) => code).sort(), runs.map(({ stderr }) => stderr).join("")).toEqual([0, 5]);
    const lists = fronts.map(
      ({ requests }) => requests.filter(({ path }) => path.endsWith("/configmaps")).length,
    );
    expect(runs.map(({ code }, n) => code === 5 && lists[n] !== 0)).toEqual([false, false]);
    expect(await bucket.contents()).toHaveLength(8);
  } finally {
    await Promise.all([proxy, ...fronts].map((one) => one.stop()));
    await bucket.remove();
  }
});

test("administrator and a user of one namespace back up the same cluster to get, restore and delete (case 90)", async () => {
  const token = await cluster.serviceAccountToken({ namespace, name: "saver" });
  const narrow = await cluster.withToken(token);
  expect((await runCli(create("by-admin", ...configMaps), { kubeconfig })).code).toBe(0);
  expect((await runCli(create("by-user", ...configMaps), { kubeconfig: narrow })).code).toBe(0);
  for (const asker of [kubeconfig, narrow]) {
    const { stdout } = await runCli(["get", "-o", "name", "--location", location.url], { kubeconfig: asker });
    expect(stdout.split("\n").sort()).toEqual(["", "backup/by-admin", "backup/by-user"]);
    for (const name of ["by-admin", "by-user"]) {
      const plan = ["restore", name, "-n", namespace, "--dry-run", "-o", "json", "--location", location.url];
      const planned = await runCli(plan, { kubeconfig: asker });
      expect(planned.code, planned.stderr).toBe(0);
      expect(JSON.parse(planned.stdout)).toMatchObject({ target: { relation: "same" } });
    }
    const all = ["delete", "--all", "--dry-run", "--location", location.url];
    const chosen = (await runCli(all, { kubeconfig: asker })).stdout.split("\n").sort();
    expect(chosen).toEqual([
      "",
      ...["by-admin", "by-user"].map((b) => `backup/${b} would be deleted (dry run)`),
    ]);
  }
});

test("a run in a container of the same machine, with the same pid, does not take a live claim over (case 91)", async () => {
  const slow = await faultyKubeProxy(cluster, [
    { when: ({ path }) => path.endsWith("/configmaps"), fault: { delayMs: 6_000 } },
  ]);
  // Each in a pid namespace of its own, as in a container: both are process 1 there.
  const container = [
    "--user",
    "--map-root-user",
    "--pid",
    "--fork",
    "--mount-proc",
    "--kill-child",
    CLI_PATH,
  ];
  const args = [...container, "create", "b1", ...configMaps, "--location", location.url];
  const options = { command: "/usr/bin/unshare", kubeconfig: slow.kubeconfigPath };
  const first = await startCli(args, options);
  try {
    while (!slow.requests.some(({ path }) => path.endsWith("/configmaps"))) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const second = await runCli(args, { ...options, kubeconfig });
    // Whoever has the smaller run id looks again for a while: the first may have ended by then.
    const refusal = { code: 5, error: /another run is at work|already a backup/, hint: /another name/ };
    expectRefusal(second, refusal);
    const outside = await runCli(["create", "b1", ...configMaps, "--location", location.url], { kubeconfig });
    expectRefusal(outside, refusal);
    const { code, stderr } = await first.result;
    expect(code, stderr).toBe(0);
  } finally {
    await slow.stop();
  }
});
