// One real node for the harness' own control plane, on a Linux machine, as root: containerd, kubelet and kube-proxy in
// namespaces of their own, kube-scheduler beside the control plane. Ready some ten seconds after the API server.
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ClusterDescriptor } from "#test/harness/cluster-handle.ts";
import { attachCluster } from "#test/harness/cluster-handle.ts";
import { requireCniPlugin, requireCommand } from "#test/harness/prerequisites.ts";
import type { ServerProcess } from "#test/harness/processes.ts";
import { waitUntilReady } from "#test/harness/processes.ts";
import { toolDirectory } from "#test/harness/tools.ts";
import { createCgroups, removeCgroups, sweepCgroups } from "./cgroups.ts";
import { CONTAINERD_SOCKET, startContainerRuntime } from "./container-runtime.ts";
import { startKubeProxy } from "./kube-proxy.ts";
import { startKubelet } from "./kubelet.ts";
import { type NodeNamespaces, openNamespaces } from "./namespaces.ts";
import { connectNode, disconnectNode, type NodeNetwork } from "./network.ts";
import { NODE_NAME } from "./node-site.ts";
import { startScheduler } from "./scheduler.ts";

/** Where a node will run: up before the control plane, whose API server listens at its hostAddress. */
export type NodeGround = NodeNamespaces & {
  readonly directory: string;
  readonly lifetime: "parent" | "own";
  readonly network: NodeNetwork;
  /** The last to go, after node and control plane. */
  stop(): Promise<void>;
};

export type RunningNode = {
  /** The command line that loads an image archive, whose path is to follow. */
  readonly imageImport: readonly string[];
  /** The command line of its `ctr`. */
  readonly imageTool: readonly string[];
  stop(): Promise<void>;
};

/** Opens namespaces, network and cgroups; names what the machine lacks. */
export async function prepareNode(site: {
  readonly directory: string;
  readonly lifetime: "parent" | "own";
}): Promise<NodeGround> {
  requireMachine();
  await sweepCgroups();
  const namespaces = await openNamespaces(site);
  try {
    const network = await connectNode(namespaces);
    await writeFile(numberFile(site.directory), String(network.number));
    await createCgroups(network.number);
    const stop = async () => {
      await namespaces.holder.stop();
      await cleanNode(site.directory);
    };
    return { ...namespaces, ...site, network, stop };
  } catch (error) {
    await namespaces.holder.stop();
    await cleanNode(site.directory);
    throw error;
  }
}

/** Starts the node's servers; done when the node is Ready. */
export async function startNode(ground: NodeGround, cluster: ClusterDescriptor): Promise<RunningNode> {
  if (cluster.ca === undefined) throw new Error("a node joins only a control plane of the harness");
  const bin = await toolDirectory("kubernetes-node");
  const site = { ...ground, bin, server: cluster.server, ca: cluster.ca };
  const started: ServerProcess[] = [];
  const stop = async () => {
    for (const server of started.toReversed()) await server.stop();
  };
  try {
    started.push(await startContainerRuntime(site));
    started.push(await startScheduler(site), await startKubeProxy(site));
    const kubelet = await startKubelet(site);
    started.push(kubelet);
    await waitForNode(kubelet, cluster);
    const imageTool = [...ground.enter, "ctr", "--address", CONTAINERD_SOCKET, "--namespace", "k8s.io"];
    return { imageImport: [...imageTool, "images", "import"], imageTool, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Takes away what does not vanish with the namespaces of the node that had this folder, if there was one. */
export async function cleanNode(directory: string): Promise<void> {
  const number = await readFile(numberFile(directory), "utf8").catch(() => undefined);
  if (number === undefined) return;
  await disconnectNode(Number(number));
  await removeCgroups(Number(number));
  await rm(numberFile(directory));
}

function requireMachine(): void {
  if (process.platform !== "linux" || process.getuid?.() !== 0)
    throw new Error(
      "a cluster with a node is started on Linux by root only (or use kind, or an existing cluster by TEST_KUBECONFIG)",
    );
  for (const command of ["busybox", "containerd", "ip", "iptables", "nsenter", "runc"] as const)
    requireCommand(command);
  requireCniPlugin("ptp");
}

async function waitForNode(kubelet: ServerProcess, cluster: ClusterDescriptor): Promise<void> {
  const client = attachCluster(cluster).adminClient();
  const isReady = async () => {
    const node = await client.find(`/api/v1/nodes/${NODE_NAME}`);
    const status = node?.["status"] as { conditions?: { type: string; status: string }[] } | undefined; // a Node's
    return status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
  };
  try {
    await waitUntilReady(kubelet, isReady, 120_000);
  } finally {
    client.close();
  }
}

function numberFile(directory: string): string {
  return join(directory, "node-number");
}
