// The vitest globalSetup of the projects that need real servers: one cluster and one S3 server for the whole run, however
// many projects ask; those with a node are others. A server that does not start fails the run; nothing is skipped.
import type { TestProject } from "vitest/node";
import type { StartedCluster } from "./cluster.ts";
import { startCluster } from "./cluster.ts";
import type { ClusterDescriptor } from "./cluster-handle.ts";
import type { S3Server } from "./s3-server.ts";
import { startS3Server } from "./s3-server.ts";

declare module "vitest" {
  interface ProvidedContext {
    readonly cluster: ClusterDescriptor;
    readonly s3: S3Server;
    /** Set in vitest.config.ts: does the project need pods that run? */
    readonly node: boolean;
  }
}

type Servers = { readonly cluster: StartedCluster; readonly s3: S3Server; stop(): Promise<void> };
type Holder = { users: number; servers?: Promise<Servers> };

// Each project loads this file anew, in one process: what they share has to live on globalThis.
const HOLDERS = Symbol.for("kubectl-backup.test.servers");
const scope = globalThis as { [HOLDERS]?: Map<boolean, Holder> }; // a property of our own
scope[HOLDERS] ??= new Map();
const holders = scope[HOLDERS];

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { node } = project.getProvidedContext();
  const holder = holders.get(node) ?? { users: 0 };
  holders.set(node, holder);
  holder.users += 1;
  holder.servers ??= startServers(node);
  const { cluster, s3 } = await holder.servers;
  project.provide("cluster", cluster.descriptor);
  project.provide("s3", s3);
  return async () => {
    holder.users -= 1;
    if (holder.users > 0) return;
    const servers = await holder.servers;
    delete holder.servers;
    await servers?.stop();
  };
}

async function startServers(node: boolean): Promise<Servers> {
  const cluster = await startCluster({ node });
  const { hostAddress: address } = cluster;
  const gateway = await startS3Server(address === undefined ? {} : { address });
  const { process: _, stop: stopGateway, ...s3 } = gateway;
  const stop = async () => {
    await stopGateway();
    await cluster.stop();
  };
  return { cluster, s3, stop };
}
