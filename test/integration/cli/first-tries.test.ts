import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "#test/harness/eventually.ts";
import { CLI_PATH, runCli } from "#test/harness/run-cli.ts";
import { runCommand } from "#test/harness/run-command.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { directoryLocation, type TestLocation } from "./test-location.ts";

// What people stumbled over when they tried the tool for the first time.
const cluster = sharedCluster();
const { kubeconfigPath: kubeconfig } = cluster;
const admin = cluster.adminClient();
const namespace = uniqueName("tries");
let location: TestLocation;

beforeAll(() =>
  admin.apply([
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings", namespace }, data: { a: "b" } },
  ]),
);
beforeEach(async () => {
  location = await directoryLocation();
});
afterEach(() => location.remove());
afterAll(async () => {
  await admin.delete(`/api/v1/namespaces/${namespace}`);
  admin.close();
});

const run = (...args: string[]) => runCli([...args, "--location", location.url], { kubeconfig });
const create = (...args: string[]) =>
  run("create", ...args, "-n", namespace, "--include-resources", "configmaps");

describe("create", () => {
  test("two without a name in the same second both succeed, under names of the usual form", async () => {
    const made = await Promise.all([create("-o", "name"), create("-o", "name"), create("-o", "name")]);
    expect(made.map(({ code, stderr }) => (code === 0 ? 0 : stderr))).toEqual([0, 0, 0]);
    const names = made.map(({ stdout }) => stdout.trim());
    expect(new Set(names).size).toBe(3);
    for (const name of names) expect(name).toMatch(new RegExp(`^backup/${namespace}-\\d{8}-\\d{6}$`));
  });

  test("messages that nobody reads any more (2>&1 | head) do not end a backup halfway with exit code 0", async () => {
    const line = `"$CLI" create unread -n "$NS" --location "$URL" 2>&1 >/dev/null | true; exit \${PIPESTATUS[0]}`;
    const env = { CLI: CLI_PATH, NS: namespace, URL: location.url, KUBECONFIG: kubeconfig };
    await runCommand("/bin/bash", ["-c", line], { env });
    expect((await run("get", "unread", "-o", "name")).stdout).toBe("backup/unread\n");
  });

  test("output that cannot be written is an error of one line, not a stack trace", async () => {
    const line = `"$CLI" get --location "$URL" -o json >/dev/full`;
    const env = { CLI: CLI_PATH, URL: location.url, KUBECONFIG: kubeconfig };
    const failed = runCommand("/bin/bash", ["-c", line], { env });
    await expect(failed).rejects.toThrow(
      /ended with 1:\n.*\nerror: the output cannot be written: ENOSPC.*\n$/,
    );
  });

  test("a name that was given and is taken is refused, and no other taken instead", async () => {
    expect((await create("mine")).code).toBe(0);
    const second = await create("mine");
    expect(second.code).toBe(5);
    expect(second.stderr).toContain("hint: choose another name");
    expect((await run("get", "-o", "name")).stdout).toBe("backup/mine\n");
  });

  test("a selection that matches nothing is said on stderr and in the stored warnings, not passed over", async () => {
    const made = await create("void", "-l", "nothing=here");
    expect(made.code).toBe(0);
    expect(made.stderr).toContain("warning: nothing matches the selection");
    expect((await run("describe", "void")).stdout).toMatch(/Warnings:\n {2}nothing matches the selection/);
    expect((await create("void-strict", "-l", "nothing=here", "--strict")).code).toBe(3);
  });

  test("--annotate notes the backup on namespaces, workloads or all, as asked, and never in a pod template", async () => {
    const own = uniqueName("noted");
    const apps = `/apis/apps/v1/namespaces/${own}/deployments/web`;
    const labels = { app: "web" };
    const containers = [{ name: "web", image: "web" }];
    await admin.apply([
      { apiVersion: "v1", kind: "Namespace", metadata: { name: own } },
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "settings", namespace: own },
        data: { a: "b" },
      },
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "web", namespace: own },
        spec: {
          replicas: 0,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers } },
        },
      },
    ]);
    const paths = [`/api/v1/namespaces/${own}`, apps, `/api/v1/namespaces/${own}/configmaps/settings`];
    async function noted(): Promise<readonly unknown[]> {
      const objects = await Promise.all(paths.map((path) => admin.get(path)));
      return objects.map(({ metadata }) => metadata.annotations?.["kubectl-backup.io/last-backup"]);
    }
    const make = (...args: string[]) => run("create", ...args, "-n", own);
    expect((await make("unasked")).code).toBe(0);
    expect(await noted()).toEqual([undefined, undefined, undefined]);
    expect((await make("first", "--annotate", "namespaces")).code).toBe(0);
    expect(await noted()).toEqual(["first", undefined, undefined]);
    expect((await make("second", "--annotate=workloads")).code).toBe(0);
    expect(await noted()).toEqual(["second", "second", undefined]);
    const all = await make("third", "--annotate", "all");
    expect({ code: all.code, warned: all.stderr.includes("warning") }).toEqual({ code: 0, warned: false });
    expect(await noted()).toEqual(["third", "third", "third"]);
    // What we noted is no difference to what was backed up.
    expect((await run("diff", "third", "-n", own)).code).toBe(0);
    expect(JSON.stringify((await admin.get(apps))["spec"])).not.toContain("last-backup");
    // The third backup holds what the second noted.
    await admin.delete(`/api/v1/namespaces/${own}`);
    await eventually("it is gone", async () => (await admin.find(paths[0] ?? "")) === undefined);
    expect((await run("restore", "third", "--yes")).code).toBe(0);
    expect(await noted()).toEqual([undefined, undefined, undefined]);
    for (const path of paths) {
      expect((await admin.get(path)).metadata.annotations).toMatchObject({
        "kubectl-backup.io/restored-from": expect.stringMatching(/^third\//),
      });
    }
    await admin.delete(`/api/v1/namespaces/${own}`);
  });

  test("who may not annotate has a backup all the same, and a warning that names what is missing", async () => {
    const user = uniqueName("reader");
    const role = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: user };
    const kind = { apiVersion: "rbac.authorization.k8s.io/v1", metadata: { name: user } };
    const rules = [{ apiGroups: ["*"], resources: ["*"], verbs: ["get", "list", "watch"] }];
    await admin.apply([
      { ...kind, kind: "ClusterRole", rules },
      { ...kind, kind: "ClusterRoleBinding", roleRef: role, subjects: [{ ...role, kind: "User" }] },
    ]);
    const mine = ["-n", namespace, "--kubeconfig", await cluster.withClientCert({ user })];
    const made = await run("create", "noteless", "--annotate", "all", ...mine);
    expect(made.code).toBe(0);
    expect(made.stderr).toMatch(
      new RegExp(`^warning: 1 of namespaces could not be annotated: .*${user}.* cannot patch`, "m"),
    );
    expect(made.stderr).toMatch(/^warning: \d+ of configmaps could not be annotated: /m);
    expect((await run("get", "noteless", "-o", "name")).stdout).toBe("backup/noteless\n");
    expect((await run("create", "strict", "--annotate", "namespaces", "--strict", ...mine)).code).toBe(3);
    for (const path of ["clusterrolebindings", "clusterroles"])
      await admin.delete(`/apis/rbac.authorization.k8s.io/v1/${path}/${user}`);
  });

  test("kinds that may not be read are one line, with a command at the end that works as it stands", async () => {
    const user = uniqueName("reader");
    const role = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: user };
    const kind = { apiVersion: "rbac.authorization.k8s.io/v1", metadata: { name: user, namespace } };
    await admin.apply([
      {
        ...kind,
        kind: "Role",
        rules: [
          { apiGroups: [""], resources: ["configmaps", "namespaces"], verbs: ["get", "list", "watch"] },
        ],
      },
      { ...kind, kind: "RoleBinding", roleRef: role, subjects: [{ ...role, kind: "User" }] },
    ]);
    const mine = await cluster.withClientCert({ user });
    const made = await run("create", "part", "-n", namespace, "--kubeconfig", mine);
    expect(made.code).toBe(3);
    const lines = made.stderr.split("\n").filter((line) => line.startsWith("error:"));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      new RegExp(`^error: \\d+ kinds may not be read in ${namespace} by ${user}: .*secrets`),
    );
    const hint = /^hint: kubectl backup (rbac backup .*) prints the rights/m.exec(made.stderr)?.[1];
    expect(hint).toBe(`rbac backup -n ${namespace} --kubeconfig ${mine}`);
    expect((await runCli(hint?.split(" ") ?? [], { kubeconfig: "/nowhere" })).code).toBe(0);
  });
});

describe("get", () => {
  test("a name that is there is printed beside the error for one that is not", async () => {
    await create("good");
    const got = await run("get", "good", "missing");
    expect(got.code).toBe(4);
    expect(got.stdout).toMatch(/^NAME .*\ngood /);
    expect(got.stderr).toContain("error: no backup missing");
    expect(got.stderr).not.toContain("good ");
  });

  test("-o wide never shows a duration of 0.0s", async () => {
    await create("quick");
    expect((await run("get", "-o", "wide")).stdout).toMatch(/^quick .* (<1s|\d+s) /m);
  });

  test("-v=2 tells every request to cluster and location", async () => {
    await create("told");
    const got = await run("get", "-v=2");
    expect(got.stderr).toMatch(/^request: location: list /m);
    expect(got.stderr).toMatch(/^request: location: get .*told/m);
    const made = await runCli(
      ["create", "-v=2", "-n", namespace, "--include-resources", "configmaps", "--location", location.url],
      { kubeconfig },
    );
    expect(made.stderr).toMatch(new RegExp(`^request: GET /api/v1/namespaces/${namespace}/configmaps`, "m"));
  });
});

describe("restore", () => {
  test("-q prints no summary", async () => {
    await create("calm");
    expect(await run("restore", "calm", "-q")).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });

  test("a dry run counts and names what would be created, updated, left alone and left out, and writes nothing", async () => {
    const path = (name: string) => `/api/v1/namespaces/${namespace}/configmaps/${name}`;
    const put = (name: string) =>
      admin.apply([{ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data: { a: "b" } }]);
    for (const name of ["changed", "extended", "gone"]) await put(name);
    await create("seen");
    await admin.patch(path("changed"), { data: { a: "c" } });
    await admin.patch(path("extended"), { metadata: { labels: { more: "yes" } } });
    await admin.delete(path("gone"));
    const before = await admin.get(path("changed"));

    const updating = await run("restore", "seen", "--existing", "update", "--dry-run");
    expect(updating.code).toBe(0);
    // kube-root-ca.crt is the cluster's own; the Namespace is unchanged, too.
    expect(updating.stdout).toMatch(/^configmaps +1 +1 +2 +1 +0 +0 +1 made by the cluster itself$/m);
    expect(updating.stdout).toMatch(
      new RegExp(
        `^  configmaps ${namespace}/changed: made as in the backup\n    \\.data\\.a: "c" → "b"$`,
        "m",
      ),
    );
    expect(updating.stdout).toContain("1 object to create, 1 to update, 3 unchanged, 1 skipped");

    const asking = await run("restore", "seen", "--existing", "update", "--dry-run=server");
    expect(asking.code).toBe(0);
    expect(asking.stdout).toContain("The server was asked about 2 objects: it refuses 0 and warns of 0\n");

    const skipping = await run("restore", "seen", "--dry-run");
    expect(skipping.stdout).toContain("1 object to create, 0 to update, 2 unchanged, 3 skipped");
    expect(skipping.stdout).toMatch(new RegExp(`^  configmaps ${namespace}/extended: left as it is`, "m"));
    expect(await admin.get(path("changed"))).toEqual(before);
    expect(await admin.find(path("gone"))).toBeUndefined();

    const done = await run("restore", "seen", "--existing", "update");
    expect(done.stdout).toContain("\n1 created, 1 updated, 3 unchanged, 1 skipped, 0 failed\n");
  });

  test("Velero's words restore too", async () => {
    await create("theirs");
    const restored = await run("restore", "create", "again", "--from-backup", "theirs", "-o", "name");
    expect(restored).toMatchObject({ code: 0, stdout: "restore/again\n" });
    const plan = await run(
      "restore",
      "create",
      "--from-backup=theirs",
      "--existing-resource-policy=none",
      "--dry-run",
    );
    expect(plan.code, plan.stderr).toBe(0);
    const lacking = await run("restore", "create", "again");
    expect(lacking.code).toBe(2);
    expect(lacking.stderr).toContain("--from-backup is missing");
  });

  test("storedAt is the URL of the folder that holds the report", async () => {
    await create("kept");
    const { stdout } = await run("restore", "kept", "--name", "r1", "-o", "json");
    expect(JSON.parse(stdout).storedAt).toBe(`${location.url}/restores/r1/`);
  });

  test("a selection that matches nothing is an error", async () => {
    await create("full");
    const refused = await run("restore", "full", "-l", "nothing=here");
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain("error: nothing in backup full matches the selection");
  });

  test("who lacks rights is told how to print those of a restore", async () => {
    await create("denied");
    const mine = await cluster.withClientCert({ user: uniqueName("nobody") });
    const refused = await run("restore", "denied", "-n", namespace, "--kubeconfig", mine, "--yes");
    expect(refused.code).toBe(6);
    expect(refused.stderr).toContain(
      `hint: kubectl backup rbac restore -n ${namespace} --kubeconfig ${mine} `,
    );
  });
});

describe("delete", () => {
  test("-l deletes the backups with the label and no other, after a dry run that deletes none", async () => {
    await create("old", "--labels", "keep=no");
    await create("new", "--labels", "keep=yes");
    const planned = await run("delete", "-l", "keep=no", "--dry-run");
    expect(planned).toMatchObject({ code: 0, stdout: "backup/old would be deleted (dry run)\n" });
    expect((await run("delete", "-l", "keep=no")).code).toBe(2);
    expect((await run("get", "-o", "name")).stdout).toBe("backup/new\nbackup/old\n");
    expect(await run("delete", "-l", "keep=no", "-y")).toMatchObject({
      code: 0,
      stdout: "backup/old deleted\n",
    });
    expect(await run("delete", "-l", "keep=no", "-y")).toMatchObject({ code: 0, stdout: "" });
    expect((await run("get", "-o", "name")).stdout).toBe("backup/new\n");
  });

  test("-q says nothing of what it did, and all the same what a dry run would do", async () => {
    await create("calm");
    const planned = await run("delete", "calm", "-q", "--dry-run");
    expect(planned.stdout).toBe("backup/calm would be deleted (dry run)\n");
    expect(await run("delete", "calm", "-q", "-y")).toMatchObject({ code: 0, stdout: "", stderr: "" });
    expect((await run("get", "-o", "name")).stdout).toBe("");
  });

  test("--all stands alone, needs the cluster, and leaves nothing of it", async () => {
    await create("one");
    await create("two");
    expect((await run("delete", "--all", "one", "-y")).code).toBe(2);
    expect((await run("delete", "-y")).code).toBe(2);
    const away = await run("delete", "--all", "-y", "--server", "https://127.0.0.1:1");
    expect(away.code).toBe(6);
    const gone = (await run("delete", "--all", "-y")).stdout.split("\n").sort();
    expect(gone).toEqual(["", "backup/one deleted", "backup/two deleted"]);
    expect((await run("get", "-o", "name")).stdout).toBe("");
  });
});
