import { mkdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runCli } from "#test/harness/run-cli.ts";
import { sharedCluster } from "#test/harness/shared.ts";
import { expectRefusal } from "./expect-refusal.ts";
import { directoryLocation } from "./test-location.ts";

const { kubeconfigPath: kubeconfig } = sharedCluster();
let location: Awaited<ReturnType<typeof directoryLocation>>;
const inBackup = (file: string) => join(location.path, "backups/b1", file);
const describeIt = (...args: string[]) =>
  runCli(["describe", "b1", "--location", location.url, ...args], { kubeconfig });

beforeEach(async () => {
  location = await directoryLocation();
});
afterEach(() => location.remove());

async function makeBackup(): Promise<void> {
  const what = ["-n", "default", "--include-resources", "configmaps,services"];
  const { code, stderr } = await runCli(["create", "b1", ...what, "--location", location.url], {
    kubeconfig,
  });
  expect(code, stderr).toBe(0);
}

const DAMAGED = { code: 8, hint: /kubectl backup get --location '?file:\S+ shows others/ };

describe("a backup of ours that was tampered with", () => {
  beforeEach(makeBackup);

  test("a truncated archive is refused, and the backup still lists", async () => {
    const { length } = await readFile(inBackup("b1.tar.gz"));
    await truncate(inBackup("b1.tar.gz"), length - 20);
    expectRefusal(await describeIt(), { ...DAMAGED, error: /b1\.tar\.gz has \d+ bytes instead of \d+/ });
    const listed = await runCli(["get", "-o", "name", "--location", location.url], { kubeconfig });
    expect(listed.stdout).toBe("backup/b1\n");
  });

  test("a missing archive is refused", async () => {
    await rm(inBackup("b1.tar.gz"));
    expectRefusal(await describeIt(), { ...DAMAGED, error: /b1\.tar\.gz is missing/ });
  });

  test("an index that lies is refused", async () => {
    const text = gunzipSync(await readFile(inBackup("kubectl-backup-index.gz"))).toString("latin1");
    await rm(inBackup("kubectl-backup-index.gz"));
    const lie = text.replace("kube-root-ca.crt", "kube-root-ca.crl");
    await writeFile(inBackup("kubectl-backup-index.gz"), gzipSync(Buffer.from(lie, "latin1")));
    expectRefusal(await describeIt(), { ...DAMAGED, error: /index.* is not what was written/ });
  });

  test("a manifest of a later major version is refused by name, not guessed at", async () => {
    const manifest = JSON.parse(await readFile(inBackup("kubectl-backup.json"), "utf8"));
    await writeFile(inBackup("kubectl-backup.json"), JSON.stringify({ ...manifest, schemaVersion: "9.0" }));
    expectRefusal(await describeIt(), { ...DAMAGED, error: /kubectl-backup\.json is not what was written/ });
  });

  test("a commit object that is no JSON lists as damaged and is refused", async () => {
    await writeFile(inBackup("velero-backup.json"), "{");
    expectRefusal(await describeIt(), { ...DAMAGED, error: /commit object of backup "b1" cannot be read/ });
    const listed = await runCli(["get", "-o", "json", "--location", location.url], { kubeconfig });
    expect(JSON.parse(listed.stdout).backups).toMatchObject([{ name: "b1", phase: "damaged" }]);
  });
});

type Member = { readonly name: string; readonly body?: string; readonly type?: "file" | "symlink" | "link" };

async function foreignBackup(
  members: readonly Member[],
  edit = (tar: Buffer) => gzipSync(tar),
): Promise<void> {
  const packed = pack();
  for (const { name, body = "", type = "file" } of members) {
    const link = type === "file" ? {} : { linkname: "/etc/passwd" };
    packed.entry({ name, type, ...link }, type === "file" ? body : "");
  }
  packed.finalize();
  const tar = Buffer.concat(await Array.fromAsync(packed, (part) => part as Uint8Array)); // a tar is bytes
  const commit = {
    apiVersion: "velero.io/v1",
    kind: "Backup",
    metadata: { name: "b1" },
    spec: {},
    status: { phase: "Completed", formatVersion: "1.1.0", version: 1 },
  };
  await mkdir(inBackup(""), { recursive: true });
  await writeFile(inBackup("b1.tar.gz"), edit(tar));
  await writeFile(inBackup("velero-backup.json"), JSON.stringify(commit));
}

const configMap = (name: string) =>
  JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "shop", uid: name } });
const place = (name: string) => `resources/configmaps/namespaces/shop/${name}.json`;
const GOOD = { name: place("good"), body: configMap("good") };

describe("a hostile archive in Velero's format", () => {
  test("what leads out of its place, links, stands there twice or lies about its name is named and left out", async () => {
    await foreignBackup([
      GOOD,
      { name: "../../../../tmp/kubectl-backup-escaped.json", body: configMap("escaped") },
      { name: "/etc/absolute.json", body: configMap("absolute") },
      { name: place("linked"), type: "symlink" },
      { name: place("hard"), type: "link" },
      { name: place("other"), body: configMap("liar") },
      { ...GOOD, body: configMap("good").replace("v1", "v2") },
    ]);
    const { code, stdout, stderr } = await describeIt("-o", "json");
    expect(code, stderr).toBe(0);
    const { notices, inventory } = JSON.parse(stdout);
    expect(inventory).toMatchObject([{ resource: "configmaps", count: 1 }]);
    const told = notices.map((one: { message: string }) => one.message);
    expect(told).toHaveLength(6);
    for (const name of ["escaped", "absolute", "linked", "hard", "liar", "good.json stands there twice"]) {
      expect(told.join("\n")).toContain(name);
    }
  });

  test("a bomb is refused before it has filled anything", async () => {
    const body = "0".repeat(64 * 1024 * 1024);
    await foreignBackup([GOOD, { name: place("bomb"), body }]);
    expectRefusal(await describeIt(), { ...DAMAGED, error: /unpacks to more than/ });
  });

  test("an archive cut short is refused", async () => {
    await foreignBackup([GOOD], (tar) => gzipSync(tar).subarray(0, -12));
    expectRefusal(await describeIt(), { ...DAMAGED, error: /archive is damaged/ });
    await foreignBackup([GOOD], (tar) => gzipSync(tar.subarray(0, -1024)));
    expectRefusal(await describeIt(), { ...DAMAGED, error: /archive is damaged/ });
  });
});
