// A cluster of kind, in containers of a Docker engine. Its node takes images of ours and has the image BUSYBOX.
import { isIP } from "node:net";
import { basename, join } from "node:path";
import { busyboxImage } from "#test/fixtures/busybox-image.ts";
import type { StartedCluster } from "./cluster.ts";
import { attachCluster } from "./cluster-handle.ts";
import { describeCluster } from "./describe-cluster.ts";
import { hasCommand } from "./prerequisites.ts";
import { startProcess } from "./processes.ts";
import { runCommand } from "./run-command.ts";
import { scratchDirectory } from "./scratch.ts";

export async function canUseKind(): Promise<boolean> {
  if (!hasCommand("docker") || !hasCommand("kind")) return false;
  const version = runCommand("docker", ["version", "--format", "{{.Server.Version}}"]);
  return version.then(
    () => true,
    () => false,
  );
}

// The cluster's containers are no children of ours. This is one, and takes them along when we are killed.
const KEEPER = `
trap 'kind delete cluster "$@"' TERM
sleep infinity &
wait
`;

export async function startKind({ node }: { readonly node: boolean }): Promise<StartedCluster> {
  const scratch = await scratchDirectory("cluster");
  const path = join(scratch.path, "admin.kubeconfig");
  // Like its folder's, for one process may have several.
  const name = basename(scratch.path).toLowerCase();
  // The kubeconfig even to delete it: kind would look into the user's, and lock that.
  const which = ["--name", name, "--kubeconfig", path];
  const keeper = await startProcess({
    name: "kind",
    command: "sh",
    args: ["-c", KEEPER, "keeper", ...which],
    directory: scratch.path,
    // Where the engine is, and the user's settings of it.
    env: process.env,
  });
  const stop = async () => {
    // Not left to the keeper, who could not say that it fails.
    await runCommand("kind", ["delete", "cluster", ...which]);
    await keeper.stop();
    await scratch.remove();
  };
  try {
    await runCommand("kind", ["create", "cluster", ...which, "--wait", "120s"]);
    const imageImport = ["kind", "load", "image-archive", "--name", name];
    const inNode = ["exec", `${name}-control-plane`];
    if (!node) await emptyNode(inNode);
    const imageTool = ["docker", ...inNode, "ctr", "--namespace", "k8s.io"];
    const descriptor = { ...(await describeCluster("kind", path, scratch)), imageImport, imageTool };
    await attachCluster(descriptor).loadImage(await busyboxImage());
    return { descriptor, hostAddress: await kindGateway(), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** As in a control plane alone, pods then stay where they were made, and claims wait for the volumes that tests make. */
async function emptyNode(inNode: readonly string[]): Promise<void> {
  const kubectl = ["kubectl", "--kubeconfig=/etc/kubernetes/admin.conf"];
  const steps = [
    // Pods that tolerate whatever there is would be placed all the same; those of DaemonSets would be made.
    ["rm", "/etc/kubernetes/manifests/kube-scheduler.yaml"],
    [...kubectl, "taint", "nodes", "--all", "kubectl-backup.test/no-pods:NoSchedule"],
    [...kubectl, "delete", "storageclasses", "--all"],
  ];
  for (const step of steps) await runCommand("docker", [...inNode, ...step]);
}

/** The machine's IPv4 address in the network of kind's nodes. */
async function kindGateway(): Promise<string> {
  const format = "{{range .IPAM.Config}}{{println .Gateway}}{{end}}";
  const gateways = await runCommand("docker", ["network", "inspect", "kind", "--format", format]);
  const address = gateways.split("\n").find((line) => isIP(line) === 4);
  if (address === undefined) throw new Error(`the network of kind has no IPv4 gateway: ${gateways}`);
  return address;
}
