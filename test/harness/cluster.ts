// Which cluster the tests use: TEST_KUBECONFIG (an existing disposable cluster), else kind where a Docker engine answers
// and kind is installed, else a control plane built here.
import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import type { ClusterDescriptor } from "./cluster-handle.ts";
import type { ControlPlaneOptions } from "./control-plane.ts";
import { startControlPlane } from "./control-plane.ts";
import { hasCommand } from "./prerequisites.ts";
import { runCommand } from "./run-command.ts";
import type { Scratch } from "./scratch.ts";
import { scratchDirectory } from "./scratch.ts";
import { tool } from "./tools.ts";

export type StartedCluster = { readonly descriptor: ClusterDescriptor; stop(): Promise<void> };

/** Starts (or, for TEST_KUBECONFIG, takes) a cluster for a whole test run. */
export async function startCluster(options: ControlPlaneOptions = {}): Promise<StartedCluster> {
  const existing = process.env["TEST_KUBECONFIG"];
  if (existing !== undefined && existing !== "") return takeExisting(existing);
  if (await canUseKind()) return startKind();
  return startControlPlane(options);
}

async function takeExisting(kubeconfig: string): Promise<StartedCluster> {
  const scratch = await scratchDirectory("cluster");
  const path = join(scratch.path, "admin.kubeconfig");
  await copyFile(kubeconfig, path);
  return { descriptor: await describe("existing", path, scratch), stop: scratch.remove };
}

async function canUseKind(): Promise<boolean> {
  if (!hasCommand("docker") || !hasCommand("kind")) return false;
  const version = runCommand("docker", ["version", "--format", "{{.Server.Version}}"]);
  return version.then(
    () => true,
    () => false,
  );
}

async function startKind(): Promise<StartedCluster> {
  const scratch = await scratchDirectory("cluster");
  const path = join(scratch.path, "admin.kubeconfig");
  const name = `kubectl-backup-test-${process.pid}`;
  await runCommand("kind", ["create", "cluster", "--name", name, "--kubeconfig", path, "--wait", "120s"]);
  const stop = async () => {
    await runCommand("kind", ["delete", "cluster", "--name", name]);
    await scratch.remove();
  };
  return { descriptor: await describe("kind", path, scratch), stop };
}

async function describe(
  origin: ClusterDescriptor["origin"],
  kubeconfigPath: string,
  { path: directory }: Scratch,
): Promise<ClusterDescriptor> {
  type Entry = { readonly name: string; readonly cluster: { readonly server: string } };
  const config: {
    "current-context": string;
    contexts: { name: string; context: { cluster: string } }[];
    clusters: Entry[];
  } = parse(await readFile(kubeconfigPath, "utf8"));
  const context = config.contexts.find(({ name }) => name === config["current-context"]);
  const entry = config.clusters.find(({ name }) => name === context?.context.cluster);
  if (entry === undefined) throw new Error(`${kubeconfigPath} has no current context with a cluster`);
  const kubectl = await tool("kubernetes", "kubectl");
  return { origin, directory, kubeconfigPath, server: entry.cluster.server, kubectl };
}
