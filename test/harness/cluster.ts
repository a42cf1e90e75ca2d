// Which cluster the tests use: TEST_KUBECONFIG (an existing disposable cluster), else kind where a Docker engine answers
// and kind is installed, else a control plane built here, with a node if one is asked for.
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import type { ClusterDescriptor } from "./cluster-handle.ts";
import { startControlPlane } from "./control-plane.ts";
import { describeCluster } from "./describe-cluster.ts";
import { canUseKind, startKind } from "./kind.ts";
import { startClusterWithNode } from "./node/cluster-with-node.ts";
import { scratchDirectory } from "./scratch.ts";

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
  if (await canUseKind()) return startKind({ node });
  return node ? startClusterWithNode() : startControlPlane();
}

async function takeExisting(kubeconfig: string): Promise<StartedCluster> {
  const scratch = await scratchDirectory("cluster");
  const path = join(scratch.path, "admin.kubeconfig");
  await copyFile(kubeconfig, path);
  return { descriptor: await describeCluster("existing", path, scratch), stop: scratch.remove };
}
