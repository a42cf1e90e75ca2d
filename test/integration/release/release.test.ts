import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pageHashes } from "#scripts/release/ad-hoc-signature.ts";
import { readMachO, segmentNamed } from "#scripts/release/mach-o.ts";
import { nodeBinary } from "#scripts/release/node-runtime.ts";
import { TARGETS } from "#scripts/release/targets.ts";
import { requireCommand } from "#test/harness/prerequisites.ts";
import { runCli } from "#test/harness/run-cli.ts";
import { runCommand } from "#test/harness/run-command.ts";
import { type Scratch, scratchDirectory } from "#test/harness/scratch.ts";
import { sharedCluster } from "#test/harness/shared.ts";
import { tool } from "#test/harness/tools.ts";
import { readCodeDirectory } from "./code-directory.ts";
import { type FileServer, type Released, release, startFileServer } from "./released.ts";

const cluster = sharedCluster();
let server: FileServer;
let released: Released;
let again: Released;

beforeAll(async () => {
  for (const command of ["git", "tar"] as const) requireCommand(command);
  server = await startFileServer();
  released = await release(server.url);
  again = await release(server.url);
  server.serve(released.dist);
});

afterAll(async () => {
  server.stop();
  await Promise.all([released.remove(), again.remove()]);
});

test("two builds give the same bytes", async () => {
  const sums = (one: Released) => readFile(join(one.dist, "SHA256SUMS"), "utf8");
  expect(await sums(again)).toBe(await sums(released));
});

test("no executable tells in which folder it was built, so that it is the same from any", async () => {
  const folder = join(import.meta.dirname, "../../..");
  for (const target of ["linux_amd64", "darwin_arm64"]) {
    const program = await readFile(join(released.executables, target, "kubectl-backup"));
    expect(program.includes(folder), target).toBe(false);
  }
});

test("the sums are those of the files beside them, and no file is without one", async () => {
  const sums = (await readFile(join(released.dist, "SHA256SUMS"), "utf8")).trim().split("\n");
  const named = sums.map((line) => line.split("  "));
  for (const [sum, name = ""] of named) {
    const content = await readFile(join(released.dist, name));
    expect(createHash("sha256").update(content).digest("hex"), name).toBe(sum);
  }
  const files = (await readdir(released.dist)).filter(
    (name) => name !== "SHA256SUMS" && name !== "krew-index",
  );
  expect(named.map(([, name]) => name)).toEqual(files.sort());
});

test("an archive holds the program, its man pages and the licences of all that is in it", async () => {
  const archive = (await readdir(released.dist)).find((name) => name.includes("linux_amd64")) ?? "";
  const listing = await runCommand("tar", ["-tzf", join(released.dist, archive)]);
  const names = listing.trim().split("\n");
  const pages = names.filter((name) => name.startsWith("man/man1/kubectl-backup"));
  expect(pages).toEqual(
    expect.arrayContaining(["man/man1/kubectl-backup.1", "man/man1/kubectl-backup-get.1"]),
  );
  expect(names).toEqual(["kubectl-backup", "LICENSE", "THIRD-PARTY-LICENSES", ...pages]);
  const licenses = await runCommand("tar", ["-xzOf", join(released.dist, archive), "THIRD-PARTY-LICENSES"]);
  const bill = JSON.parse(await readFile(join(released.dist, await billName()), "utf8"));
  for (const { name, version } of bill.components)
    if (name !== "node") expect(licenses).toContain(`${name} ${version} (`);
  expect(licenses).toContain(`Node.js ${process.versions.node}\n`);
});

test("the bill of materials names each bundled package with its digest, and Node's own libraries", async () => {
  const bill = JSON.parse(await readFile(join(released.dist, await billName()), "utf8"));
  const names = bill.components.map((one: { name: string }) => one.name);
  expect(names).toEqual(expect.arrayContaining(["@aws-sdk/client-s3", "tar-stream", "yaml", "node"]));
  expect(names).not.toContain("esbuild");
  expect(new Set(bill.components.map((one: { purl: string }) => one.purl)).size).toBe(names.length);
  const node = bill.components.find((one: { name: string }) => one.name === "node");
  expect(node.components.map((one: { name: string }) => one.name)).toEqual(
    expect.arrayContaining(["openssl", "v8"]),
  );
});

async function billName(): Promise<string> {
  return (await readdir(released.dist)).find((name) => name.endsWith(".cdx.json")) ?? "";
}

describe("the executable", () => {
  const program = () => join(released.executables, "linux_amd64/kubectl-backup");

  test("takes the code that was compiled for it: V8 would say so if it refused", async () => {
    const { stderr, stdout } = await runCli(["version", "--client"], { command: program() });
    expect(stderr).toBe("");
    expect(stdout).toContain(`Node ${process.versions.node}`);
  });

  test("is not altered by NODE_OPTIONS", async () => {
    const env = { NODE_OPTIONS: "--require /nonexistent.cjs" };
    expect(await runCli(["version", "--client"], { command: program(), env })).toMatchObject({
      code: 0,
      stderr: "",
    });
  });
});

describe("the signature of a program for macOS", () => {
  const target = TARGETS.find(({ os, arch }) => os === "darwin" && arch === "arm64");
  const signedByApple = () => readFile(nodeBinary(target ?? expect.fail("no such target")));
  const ours = () => readFile(join(released.executables, "darwin_arm64/kubectl-backup"));

  test("Node's own, made by Apple's tools, is read right: its hashes are those of the pages", async () => {
    const file = await signedByApple();
    const { codeLimit, hashes } = readCodeDirectory(file);
    expect(pageHashes(file.subarray(0, codeLimit)).map((hash) => hash.toString("hex"))).toEqual(hashes);
  });

  test("covers every page up to itself, and it ends the file", async () => {
    const file = await ours();
    const { codeLimit, hashes } = readCodeDirectory(file);
    const machO = readMachO(file);
    expect(pageHashes(file.subarray(0, codeLimit)).map((hash) => hash.toString("hex"))).toEqual(hashes);
    expect(machO.signature).toMatchObject({ offset: codeLimit });
    const linkEdit = segmentNamed(machO, "__LINKEDIT");
    expect(linkEdit.fileOffset + linkEdit.fileSize).toBe(file.length);
    expect(codeLimit + (machO.signature?.size ?? 0)).toBe(file.length);
  });

  test("has the same form as Apple's, but names nobody", async () => {
    const [theirs, made] = [readCodeDirectory(await signedByApple()), readCodeDirectory(await ours())];
    for (const field of ["hashSize", "pageBits"] as const) expect(made[field]).toBe(theirs[field]);
    expect(made.version).toBeGreaterThanOrEqual(0x20400);
    expect(made.version).toBeLessThanOrEqual(theirs.version);
    expect(made.executable).toMatchObject({ base: theirs.executable.base, size: theirs.executable.size });
    expect(made.executable.flags & 1n).toBe(theirs.executable.flags & 1n);
    expect({ flags: made.flags, identifier: made.identifier }).toEqual({
      flags: 0x20002,
      identifier: "kubectl-backup",
    });
  });
});

describe("krew", () => {
  let home: Scratch;
  beforeAll(async () => {
    home = await scratchDirectory("krew");
    await Promise.all([mkdir(join(home.path, "bin")), mkdir(join(home.path, "krew"))]);
    await symlink(await tool("krew", "krew"), join(home.path, "bin/kubectl-krew"));
    await symlink(requireCommand("git"), join(home.path, "bin/git"));
    await makeIndex();
  });
  afterAll(() => home.remove());

  const environment = () => ({
    HOME: home.path,
    KREW_ROOT: join(home.path, "krew"),
    KREW_NO_UPGRADE_CHECK: "1",
    // None of this machine's own folders: kubectl warns of a plugin that is installed there too.
    PATH: [join(home.path, "krew/bin"), join(home.path, "bin"), cluster.binDirectory].join(":"),
    GIT_CONFIG_GLOBAL: join(home.path, "gitconfig"),
  });
  const index = () => join(home.path, "index");

  /** A custom index is a git repository; this is how one is published. */
  async function makeIndex(): Promise<void> {
    await runCommand("cp", ["-r", join(released.dist, "krew-index"), index()]);
    const author = ["-c", "user.name=release", "-c", "user.email=release@localhost"];
    for (const args of [
      ["init", "-q"],
      ["add", "."],
      [...author, "commit", "-qm", "release"],
    ])
      await runCommand("git", args, { cwd: index(), env: environment() });
  }

  const krew = (...args: string[]) => kubectl("krew", ...args);
  const kubectl = (...args: string[]) =>
    runCli(args, {
      command: join(cluster.binDirectory, "kubectl"),
      home: home.path,
      env: environment(),
      kubeconfig: cluster.kubeconfigPath,
    });

  test.each(["backup", "cluster-backup"])(
    "its own check finds no fault with the manifest of %s",
    async (name) => {
      const manifest = join(released.dist, "krew-index/plugins", `${name}.yaml`);
      const command = await tool("krew", "validate-krew-manifest");
      const { code, stderr } = await runCli(["-manifest", manifest], {
        command,
        home: home.path,
        env: environment(),
      });
      expect(stderr).not.toMatch(/error|fail/i);
      expect(code).toBe(0);
    },
  );

  test("installs it from a custom index, kubectl runs it with its environment and warns of nothing, and it goes again", async () => {
    expect(await krew("index", "add", "own", `file://${index()}`)).toMatchObject({ code: 0 });
    const installed = await krew("install", "own/backup");
    expect(installed, installed.stderr).toMatchObject({ code: 0 });
    const listed = await kubectl("plugin", "list");
    expect(listed).toMatchObject({ code: 0 });
    expect(listed.stdout).toContain(join(home.path, "krew/bin/kubectl-backup"));
    expect(`${listed.stdout}${listed.stderr}`).not.toMatch(/warning/i);
    const version = await kubectl("backup", "version");
    expect(version.stderr).toBe("");
    expect(version.stdout).toMatch(/Client Version: .*\nServer Version: v1\./);
    expect(await krew("uninstall", "backup")).toMatchObject({ code: 0 });
    expect(await readdir(join(home.path, "krew/bin"))).toEqual([]);
  });
});
