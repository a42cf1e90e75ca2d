import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { requireCommand } from "#test/harness/prerequisites.ts";
import { CLI_PATH, runCli } from "#test/harness/run-cli.ts";
import { runCommand } from "#test/harness/run-command.ts";
import { type Scratch, scratchDirectory } from "#test/harness/scratch.ts";
import { sharedCluster } from "#test/harness/shared.ts";
import { tool } from "#test/harness/tools.ts";
import { typeInto } from "#test/harness/typed-shell.ts";

const { kubeconfigPath: kubeconfig } = sharedCluster();
let scratch: Scratch;
let env: Record<string, string>;
let url: string;
/** A kubeconfig whose context is named as clouds name theirs. */
let clouds: string;

beforeAll(async () => {
  scratch = await scratchDirectory("completion");
  const bin = join(scratch.path, "bin");
  const backups = join(scratch.path, "location/backups");
  for (const name of ["nightly-1", "nightly-2", "weekly"]) {
    await mkdir(join(backups, name), { recursive: true });
    await writeFile(join(backups, name, "velero-backup.json"), "{}");
  }
  await mkdir(join(backups, "half-written"));
  await writeFile(join(backups, "half-written/half-written.tar.gz"), "");
  await mkdir(join(scratch.path, "location/restores/nightly-1-back"), { recursive: true });
  clouds = join(scratch.path, "clouds");
  await writeFile(clouds, JSON.stringify({ contexts: [{ name: "arn:aws:eks:lab", context: {} }] }));
  await mkdir(bin);
  await symlink(CLI_PATH, join(bin, "kubectl-backup"));
  url = `file://${join(scratch.path, "location")}`;
  env = { PATH: `${bin}:/usr/bin:/bin`, HOME: scratch.path, KUBECONFIG: kubeconfig };
  await runCli(["location", "add", "here", url], { home: scratch.path });
  await writeFile(
    join(bin, "kubectl_complete-backup"),
    (await runCli(["completion", "kubectl"], { home: scratch.path })).stdout,
  );
  await chmod(join(bin, "kubectl_complete-backup"), 0o755);
});
afterAll(() => scratch.remove());

/** Without the directive and what the candidates are. */
async function offered(...words: string[]): Promise<string[]> {
  const { stdout, stderr, code } = await runCli(["__complete", ...words], { kubeconfig, home: scratch.path });
  expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  const lines = stdout.trimEnd().split("\n");
  expect(lines.pop()).toBe(":4");
  return lines.map((line) => line.replace(/\t.*/, ""));
}

describe("what is offered", () => {
  test("names of backups, of the configured location or of the one that was typed; none that is half-written", async () => {
    expect(await offered("describe", "")).toEqual(["nightly-1", "nightly-2", "weekly"]);
    expect(await offered("restore", "--location", url, "ni")).toEqual(["nightly-1", "nightly-2"]);
    expect(await offered("describe", "--location=file:///nowhere", "")).toEqual([]);
  });

  test("restores, also behind their prefix, contexts and locations", async () => {
    expect(await offered("watch", "")).toEqual(["nightly-1-back"]);
    expect(await offered("restore", "--undo", "")).toEqual(["nightly-1-back"]);
    expect(await offered("logs", "re")).toEqual(["restore/nightly-1-back"]);
    expect(await offered("get", "--location", "")).toEqual(["here"]);
    expect(await offered("get", "--context", "")).not.toEqual([]);
  });

  test("namespaces and kinds of the cluster, the last of several too", async () => {
    expect(await offered("create", "-n", "kube-s")).toEqual(["kube-system"]);
    expect(await offered("create", "--include-namespaces=default,kube-s")).toEqual([
      "--include-namespaces=default,kube-system",
    ]);
    expect(await offered("create", "--include-resources", "deploy")).toEqual(["deployments.apps"]);
  });

  test("nothing, and no error, where nobody can be asked", async () => {
    expect(await offered("create", "--server", "https://127.0.0.1:1", "-n", "")).toEqual([]);
  });
});

describe("at a terminal", () => {
  test("bash completes commands, names, and values behind = and :", async () => {
    requireCommand("bash");
    const shell = typeInto("bash --norc --noprofile -i", { ...env, PS1: "$ " });
    try {
      shell.type("source <(kubectl-backup completion bash); echo rea''dy\r");
      await shell.shows(/ready/);
      shell.type("kubectl-backup descr\tn\t\t\t");
      await shell.shows(/describe nightly-[\s\S]*nightly-1 +nightly-2/);
      shell.type("\x15echo rea''dy\r");
      await shell.shows(/\nready/);
      shell.type(`kubectl-backup describe --location=${url} week\t`);
      await shell.shows(/ weekly /);
      shell.type("\x15kubectl-backup get --output=wi\t");
      await shell.shows(/--output=wide /);
      shell.type("\x15kubectl-backup get --location=he\t");
      await shell.shows(/--location=here /);
      shell.type(`\x15kubectl-backup get --kubeconfig=${clouds} --context arn:aws:e\t`);
      await shell.shows(/--context arn:aws:eks:lab /);
    } finally {
      await shell.close();
    }
  });

  test("zsh does", async () => {
    requireCommand("zsh");
    const shell = typeInto("zsh -f -i", { ...env, PS1: "$ " });
    try {
      shell.type(
        "autoload -U compinit && compinit -u -D; source <(kubectl-backup completion zsh); echo rea''dy\r",
      );
      await shell.shows(/\nready/);
      shell.type("kubectl-backup descr\tweek\t");
      await shell.shows(/describe +weekly /);
      shell.type("\x15kubectl-backup get --output=wi\t");
      await shell.shows(/--output=wide /);
      shell.type(`\x15kubectl-backup describe --location=${url} nightly-\t\t`);
      await shell.shows(/nightly-1 +nightly-2/);
    } finally {
      await shell.close();
    }
  });

  test("fish does, with what each word is", async () => {
    requireCommand("fish");
    const script = "kubectl-backup completion fish | source; complete -C";
    const ask = async (line: string) =>
      (await runCommand("fish", ["--no-config", "-c", `${script} '${line}'`], { env })).trimEnd().split("\n");
    expect(await ask("kubectl-backup descr")).toEqual([
      "describe\tShow what a backup holds and what it lacks",
    ]);
    expect(await ask("kubectl-backup describe ni")).toEqual(["nightly-1", "nightly-2"]);
    expect(await ask("kubectl-backup get --output=wi")).toEqual(["--output=wide"]);
    expect(await ask(`kubectl-backup get --kubeconfig=${join(scratch.path, "loc")}`)).toEqual([
      expect.stringContaining(`--kubeconfig=${join(scratch.path, "location/")}`),
    ]);
  });

  test("kubectl does, by kubectl_complete-backup on PATH", async () => {
    const kubectl = await tool("kubernetes", "kubectl");
    const told = await runCommand(kubectl, ["__complete", "backup", "describe", "ni"], { env });
    expect(told).toContain("nightly-1\nnightly-2\n:4\n");
  });
});
