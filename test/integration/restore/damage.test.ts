import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { faultyKubeProxy, faultyS3Proxy } from "#test/harness/faulty-proxy.ts";
import { runCli } from "#test/harness/run-cli.ts";
import { s3Environment } from "#test/harness/s3-server.ts";
import { scratchDirectory } from "#test/harness/scratch.ts";
import { sharedCluster, sharedS3, uniqueName } from "#test/harness/shared.ts";
import { tarGz } from "#test/harness/tar-gz.ts";
import { directoryLocation, s3Location } from "#test/integration/cli/test-location.ts";
import { configMap, namespace } from "./rig.ts";

const cluster = sharedCluster();
const { kubeconfigPath: kubeconfig } = cluster;
const admin = cluster.adminClient();
let proxy: Awaited<ReturnType<typeof faultyKubeProxy>>;

beforeAll(async () => {
  proxy = await faultyKubeProxy(cluster);
});
afterAll(async () => {
  await proxy.stop();
  admin.close();
});

const configMaps = (ns: string) => `/api/v1/namespaces/${ns}/configmaps`;

/** A namespace with a few ConfigMaps, backed up, of which `lost` is deleted again. */
async function backedUp(at: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const app = uniqueName("app");
  await admin.apply([namespace(app), ...["kept", "lost"].map((name) => configMap(app, name))]);
  const made = await runCli(["create", "b1", "-n", app, ...at], { kubeconfig, env });
  expect(made.code, made.stderr).toBe(0);
  await admin.delete(`${configMaps(app)}/lost`);
  return app;
}

describe("a backup that was damaged", () => {
  it("leaves the cluster untouched, whichever byte of its archive has flipped", async () => {
    const location = await directoryLocation();
    const at = ["--location", location.url];
    const app = await backedUp(at);
    const archive = join(location.path, "backups/b1/b1.tar.gz");
    const intact = await readFile(archive);
    const outcomes: (number | null)[] = [];
    // Spread over the archive; the header of a gzip member holds bytes without meaning (time, system).
    for (const part of [0.2, 0.5, 0.8]) {
      const damaged = Buffer.from(intact);
      const place = Math.floor(intact.length * part);
      damaged[place] = (damaged[place] ?? 0) ^ 0xff;
      await rm(archive);
      await writeFile(archive, damaged);
      const { code, stderr } = await runCli(["restore", "b1", ...at], { kubeconfig: proxy.kubeconfigPath });
      outcomes.push(code);
      expect(stderr).toMatch(/nothing was written to the cluster|kubectl backup get shows others/);
    }
    expect(outcomes).toEqual([8, 8, 8]);
    // Who is restoring is asked by a POST that changes nothing, beside the check.
    const whoAmI = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    const changes = proxy.requests.filter(({ method, path }) => method !== "GET" && path !== whoAmI);
    expect(changes).toEqual([]);
    expect(await admin.find(`${configMaps(app)}/lost`)).toBeUndefined();

    await rm(archive);
    await writeFile(archive, intact);
    const { code, stderr } = await runCli(["restore", "b1", ...at], { kubeconfig: proxy.kubeconfigPath });
    expect(code, stderr).toBe(0);
    const created = proxy.requests.filter(
      ({ method, path }) => method === "POST" && path.startsWith(configMaps(app)),
    );
    expect(created).toHaveLength(1);
    await location.remove();
  });
});

describe("the plan of a restore of a damaged backup", () => {
  it("names what is damaged and ends as the restore would: refused", async () => {
    const location = await directoryLocation();
    const at = ["--location", location.url];
    const app = await backedUp(at);
    const archive = join(location.path, "backups/b1/b1.tar.gz");
    const damaged = await readFile(archive);

    const index = gunzipSync(await readFile(join(location.path, "backups/b1/kubectl-backup-index.gz")));
    const line = index
      .toString("utf8")
      .split("\n")
      .find((one) => one.includes('"configmaps"') && one.includes('"lost"'));
    const [offset = 0, length = 0] = JSON.parse(line ?? "").member;
    const place = offset + Math.floor(length / 2);
    damaged[place] = (damaged[place] ?? 0) ^ 0xff;
    await rm(archive);
    await writeFile(archive, damaged);

    const planned = await runCli(["restore", "b1", "--dry-run", ...at], { kubeconfig });
    const restored = await runCli(["restore", "b1", ...at], { kubeconfig });

    expect(planned.code).toBe(8);
    expect(restored.code).toBe(8);
    expect(planned.stdout).toContain(`Cannot be restored:\n  configmaps ${app}/`);
    expect(planned.stderr).toContain("configmaps/lost");
    await location.remove();
  });
});

describe("a location that cannot be written", () => {
  it("can be restored from: the report then lies on this machine, and is named", async () => {
    const store = await faultyS3Proxy(sharedS3());
    const location = s3Location(store);
    const env = s3Environment(store);
    const at = ["--location", location.url];
    const app = await backedUp(at, env);
    const before = await location.contents();
    store.add({
      when: ({ method }) => method === "PUT" || method === "POST",
      fault: { reply: { status: 403, body: "<Error><Code>AccessDenied</Code></Error>" } },
    });
    const home = await scratchDirectory("home");

    const { code, stdout, stderr } = await runCli(["restore", "b1", "-o", "json", ...at], {
      kubeconfig,
      env,
      home: home.path,
    });

    expect(code, stderr).toBe(0);
    expect(await admin.find(`${configMaps(app)}/lost`)).toBeDefined();
    const { storedAt } = JSON.parse(stdout);
    const folder = fileURLToPath(storedAt);
    expect(folder.startsWith(home.path)).toBe(true);
    expect(stderr).toContain(join(home.path, ".local/state/kubectl-backup"));
    expect((await readdir(folder)).toSorted()).toEqual(
      expect.arrayContaining(["kubectl-backup-items.jsonl.gz", "kubectl-backup-report.json"]),
    );
    const report = JSON.parse(await readFile(join(folder, "kubectl-backup-report.json"), "utf8"));
    expect(report).toMatchObject({ complete: true, counts: { created: 1 }, storedAt });
    expect(await location.contents()).toEqual(before);
    await location.remove();
    await store.stop();
    await home.remove();
  });
});

describe("an archive of Velero's that holds what is no object in its place", () => {
  it("is restored without that, which plan, summary and report name, and the exit code is 3", async () => {
    const location = await directoryLocation();
    const at = ["--location", location.url];
    const app = uniqueName("app");
    const folder = `resources/configmaps/namespaces/${app}`;
    const stored = (name: string) =>
      JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", ...metadata(app, name) });
    const files = {
      "metadata/version": "1.1.0\n",
      [`resources/namespaces/cluster/${app}.json`]: JSON.stringify(namespace(app)),
      [`${folder}/good.json`]: stored("good"),
      [`${folder}/other.json`]: stored("another"),
      [`${folder}/torn.json`]: stored("torn").slice(0, 40),
    };
    const commit = {
      ...{ apiVersion: "velero.io/v1", kind: "Backup", metadata: { name: "b1" }, spec: {} },
      status: { phase: "Completed", formatVersion: "1.1.0" },
    };
    await mkdir(join(location.path, "backups/b1"), { recursive: true });
    await writeFile(join(location.path, "backups/b1/velero-backup.json"), JSON.stringify(commit));
    await writeFile(join(location.path, "backups/b1/b1.tar.gz"), await tarGz(files));

    const planned = await runCli(["restore", "b1", "--dry-run", ...at], { kubeconfig });
    expect(planned.stdout).toMatch(
      /Cannot be read in the backup:\n {2}.*other\.json.*named "another"\n {2}.*torn\.json/,
    );
    expect(planned.code).toBe(3);

    const restored = await runCli(["restore", "b1", "--yes", "--wait=false", "-o", "json", ...at], {
      kubeconfig,
    });
    expect(restored.stderr).toMatch(/warning: in the backup .*other\.json.*is left out/);
    const report = JSON.parse(restored.stdout);
    expect(report).toMatchObject({ complete: false, counts: { failed: 0 } });
    expect(report.warnings.filter((text: string) => text.includes("is left out"))).toHaveLength(2);
    expect(restored.code).toBe(3);
    expect(await admin.find(`${configMaps(app)}/good`)).toBeDefined();
    expect(await admin.find(`${configMaps(app)}/another`)).toBeUndefined();
  });
});

function metadata(app: string, name: string) {
  return { metadata: { namespace: app, name, uid: `uid-${name}`, resourceVersion: "7" } };
}
