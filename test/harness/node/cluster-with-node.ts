// How a test uses pods that run. The files of test/e2e share one cluster with a node and an S3 server that pods reach:
//   const cluster = sharedCluster();                          // test/harness/shared.ts
//   await client.apply(runningApp(namespace));                // test/fixtures: BUSYBOX is on the node
//   await cluster.loadImage({ name, content, entrypoint });   // another image, of files; test/harness/image.ts
//   await cluster.adminKubectl(["rollout", "status", "deployment/web", "-n", namespace, "--timeout=120s"]);
//   await cluster.adminKubectl(["exec", "deployment/web", "-n", namespace, "--", "sh", "-c", "…"]);
// Images are used with imagePullPolicy IfNotPresent or Never. There is no cluster DNS: Services have addresses and the
// usual variables in each pod's environment. By hand, as root: make cluster-up NODE=1.
import { busyboxImage } from "#test/fixtures/busybox-image.ts";
import { attachCluster } from "#test/harness/cluster-handle.ts";
import type { ControlPlane, ControlPlaneOptions } from "#test/harness/control-plane.ts";
import { startControlPlane } from "#test/harness/control-plane.ts";
import { scratchDirectory } from "#test/harness/scratch.ts";
import { prepareNode, startNode } from "./node.ts";

export type ClusterWithNode = ControlPlane & {
  /** This machine's address for pods. */
  readonly hostAddress: string;
};

/** A control plane of its own with one node on which pods run; the node has the image BUSYBOX. */
export async function startClusterWithNode(options: ControlPlaneOptions = {}): Promise<ClusterWithNode> {
  const scratch = options.directory === undefined ? await scratchDirectory("cluster") : undefined;
  const directory = scratch?.path ?? options.directory ?? "";
  const undo: (() => Promise<void>)[] = scratch === undefined ? [] : [scratch.remove];
  const stop = async () => {
    for (const step of undo.toReversed()) await step();
  };
  try {
    const ground = await prepareNode({ directory, lifetime: options.lifetime ?? "parent" });
    undo.push(ground.stop);
    const { hostAddress } = ground.network;
    const plane = await startControlPlane({ ...options, directory, address: hostAddress });
    undo.push(plane.stop);
    const node = await startNode(ground, plane.descriptor);
    undo.push(node.stop);
    const descriptor = { ...plane.descriptor, imageImport: node.imageImport, imageTool: node.imageTool };
    const handle = attachCluster(descriptor);
    await handle.loadImage(await busyboxImage());
    return { ...plane, ...handle, descriptor, hostAddress, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
