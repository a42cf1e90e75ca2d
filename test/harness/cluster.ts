// Which cluster the tests use: TEST_KUBECONFIG (an existing disposable cluster), else kind where a Docker engine answers
// and kind is installed, else a control plane built here, with a node if one is asked for.
import { copyFile, readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { join } from "node:path";
import { parse } from "yaml";
import { busyboxImage } from "#test/fixtures/busybox-image.ts";
import { attachCluster, type ClusterDescriptor } from "./cluster-handle.ts";
import { startControlPlane } from "./control-plane.ts";
import { startClusterWithNode } from "./node/cluster-with-node.ts";
import { hasCommand } from "./prerequisites.ts";
import { runCommand } from "./run-command.ts";
import type { Scratch } from "./scratch.ts";
import { scratchDirectory } from "./scratch.ts";
import { tool } from "./tools.ts";

export type StartedCluster = {
  readonly descriptor: ClusterDescriptor;
  /** This machine's address for pods, where they have one for it. */
  readonly hostAddress?: string;
  stop(): Promise<void>;
};

/** Starts (or, for TEST_KUBECONFIG, takes) a cluster for a whole test run. */
export async function startCluster({ node }: { readonly node: boolean }): Promise<StartedCluster> {
  const existing = process.env["TEST_KUBECONFIG"];
  if (existing !== undefined && existing !== "") return takeExisting(existing);
  if (await canUseKind()) return startKind();
  return node ? startClusterWithNode() : startControlPlane();
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
  const imageImport = ["kind", "load", "image-archive", "--name", name];
  const imageTool = ["docker", "exec", `${name}-control-plane`, "ctr", "--namespace", "k8s.io"];
  const descriptor = { ...(await describe("kind", path, scratch)), imageImport, imageTool };
  await attachCluster(descriptor).loadImage(await busyboxImage());
  return { descriptor, hostAddress: await kindGateway(), stop };
}

/** The machine's IPv4 address in the network of kind's nodes. */
async function kindGateway(): Promise<string> {
  const format = "{{range .IPAM.Config}}{{println .Gateway}}{{end}}";
  const gateways = await runCommand("docker", ["network", "inspect", "kind", "--format", format]);
  const address = gateways.split("\n").find((line) => isIP(line) === 4);
  if (address === undefined) throw new Error(`the network of kind has no IPv4 gateway: ${gateways}`);
  return address;
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
