import { randomBytes } from "node:crypto";
import { inject } from "vitest";
import type { ClusterHandle } from "./cluster-handle.ts";
import { attachCluster } from "./cluster-handle.ts";
import type { S3Server } from "./s3-server.ts";

/** The cluster of this test run. It is shared: use namespaces and names of your own (uniqueName). */
export function sharedCluster(): ClusterHandle {
  return attachCluster(inject("cluster"));
}

/** The S3 server of this test run. It is shared: use a prefix of your own (uniqueName). */
export function sharedS3(): S3Server {
  return inject("s3");
}

/** "shop" → "shop-3f9a1c2b": fit for namespaces, backups and prefixes. */
export function uniqueName(stem: string): string {
  return `${stem}-${randomBytes(4).toString("hex")}`;
}
