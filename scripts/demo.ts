// make demo: the main job before your eyes. A disposable control plane (or DEMO_CONTEXT, an existing one), a small
// application, a backup, a lost namespace, a restore, and the difference. Leaves nothing behind.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { styleText } from "node:util";
import { startControlPlane } from "#test/harness/control-plane.ts";
import { runCommand } from "#test/harness/run-command.ts";
import { scratchDirectory } from "#test/harness/scratch.ts";
import { tool } from "#test/harness/tools.ts";
import { DEMO_NAMESPACE, demoApplication } from "./demo-application.ts";

const CLI = join(import.meta.dirname, "../build/kubectl-backup");

interface Stage {
  readonly env: Readonly<Record<string, string>>;
  readonly kubectl: string;
  readonly context: readonly string[];
}

function say(text: string): void {
  process.stdout.write(`\n${styleText(["bold", "cyan"], `── ${text}`)}\n`);
}

/** Shows a command as one would type it, then runs it; its exit code must be one of those expected. */
function show(stage: Stage, line: readonly string[], expected: readonly number[] = [0]): void {
  process.stdout.write(`${styleText("green", "$")} ${styleText("bold", ["kubectl", ...line].join(" "))}\n`);
  const [first = "", ...rest] = line;
  const [program, args] =
    first === "backup"
      ? [CLI, [...rest, ...stage.context]]
      : [stage.kubectl, [first, ...rest, ...stage.context]];
  const { status } = spawnSync(program, args, { env: stage.env, stdio: ["ignore", "inherit", "inherit"] });
  if (status === null || !expected.includes(status)) throw new Error(`${line.join(" ")}: exit ${status}`);
}

async function play(stage: Stage): Promise<void> {
  const { env, kubectl, context } = stage;
  const quietly = (args: readonly string[], stdin?: string) =>
    runCommand(kubectl, [...args, ...context], { env, ...(stdin === undefined ? {} : { stdin }) });
  say("A small application");
  await quietly(["apply", "--server-side", "-f", "-"], JSON.stringify(demoApplication()));
  show(stage, ["get", "all,configmaps,secrets", "-n", DEMO_NAMESPACE]);
  say("Back it up: no set-up, into a local folder");
  show(stage, ["backup", "create", "demo", "-n", DEMO_NAMESPACE]);
  show(stage, ["backup", "get"]);
  show(stage, ["backup", "describe", "demo"]);
  say("Lose it");
  show(stage, ["delete", "namespace", DEMO_NAMESPACE]);
  say("Look before you leap, then restore");
  show(stage, ["backup", "restore", "demo", "--dry-run"]);
  show(stage, ["backup", "restore", "demo"]);
  say("What differs from the backup now: nothing");
  show(stage, ["backup", "diff", "demo"]);
  await quietly(["delete", "namespace", DEMO_NAMESPACE, "--wait=false"]);
}

function inherited(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

async function main(): Promise<void> {
  const home = await scratchDirectory("demo");
  const existing = process.env["DEMO_CONTEXT"];
  const cluster = existing === undefined ? await startControlPlane() : undefined;
  try {
    const env = {
      ...inherited(),
      ...(cluster && { KUBECONFIG: cluster.kubeconfigPath }),
      // A configured default location is for real backups.
      XDG_CONFIG_HOME: home.path,
      XDG_DATA_HOME: home.path,
      XDG_CACHE_HOME: home.path,
    };
    const kubectl = cluster === undefined ? "kubectl" : await tool("kubernetes", "kubectl");
    await play({ env, kubectl, context: existing === undefined ? [] : ["--context", existing] });
    process.stdout.write(`\n${styleText(["bold", "green"], "All back as it was.")}\n`);
  } finally {
    await cluster?.stop();
    await home.remove();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
