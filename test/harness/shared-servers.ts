// The vitest globalSetup of the projects that need real servers: one cluster and one S3 server for the whole run, however
// many projects ask. A server that does not start fails the run; nothing is skipped.
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
  }
}

type Servers = { readonly cluster: StartedCluster; readonly s3: S3Server; stop(): Promise<void> };
type Holder = { users: number; servers?: Promise<Servers> };

// Each project loads this file anew, in one process: what they share has to live on globalThis.
const HOLDER = Symbol.for("kubectl-backup.test.servers");
const scope = globalThis as { [HOLDER]?: Holder }; // a property of our own
scope[HOLDER] ??= { users: 0 };
const holder = scope[HOLDER];

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  holder.users += 1;
  holder.servers ??= startServers();
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

async function startServers(): Promise<Servers> {
  const [cluster, gateway] = await Promise.all([startCluster(), startS3Server()]);
  const { process: _, stop, ...s3 } = gateway;
  return { cluster, s3, stop: async () => void (await Promise.all([cluster.stop(), stop()])) };
}
