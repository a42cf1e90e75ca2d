import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import type { ClusterDescriptor } from "./cluster-handle.ts";
import type { Scratch } from "./scratch.ts";
import { tool } from "./tools.ts";

/** What a kubeconfig that others have written says of its cluster. */
export async function describeCluster(
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
