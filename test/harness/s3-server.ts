import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "./ports.ts";
import type { ServerProcess } from "./processes.ts";
import { startProcess, waitUntilReady } from "./processes.ts";
import type { S3Address } from "./s3-client.ts";
import { createS3Client } from "./s3-client.ts";
import { scratchDirectory } from "./scratch.ts";
import { toolDirectory } from "./tools.ts";

export type S3ServerOptions = {
  readonly bucket?: string;
  /** Keep old versions and delete markers; also what Object Lock needs. */
  readonly versioning?: boolean;
  /** Where data, log and pid file go; a scratch folder when absent. The caller removes a folder it named. */
  readonly directory?: string;
  readonly lifetime?: "parent" | "own";
  /** Keep connections open between requests, as S3 itself does; versitygw by itself closes each. */
  readonly keepAlive?: boolean;
  /** Where it listens. Default 127.0.0.1, which no pod can reach. */
  readonly address?: string;
};

export type S3Server = S3Address & { readonly dataDir: string };

/** Starts versitygw on a free port with one empty bucket (path-style addresses). */
export async function startS3Server(
  options: S3ServerOptions = {},
): Promise<S3Server & { readonly process: ServerProcess; stop(): Promise<void> }> {
  const bin = await toolDirectory("versitygw");
  const scratch = options.directory === undefined ? await scratchDirectory("s3") : undefined;
  const directory = scratch?.path ?? options.directory ?? "";
  const port = await freePort();
  const server: S3Server = {
    endpoint: `http://${options.address ?? "127.0.0.1"}:${port}`,
    bucket: options.bucket ?? "backups",
    region: "us-east-1",
    accessKeyId: `test${randomBytes(8).toString("hex")}`,
    secretAccessKey: randomBytes(20).toString("hex"),
    dataDir: join(directory, "s3-data"),
  };
  const gateway = await startGateway(server, { ...options, bin, directory });
  const stop = async () => {
    await gateway.stop();
    await scratch?.remove();
  };
  try {
    await waitUntilReady(gateway, () => makeBucket(server));
    if (options.versioning) await enableVersioning(server);
  } catch (error) {
    await stop();
    throw error;
  }
  return { ...server, process: gateway, stop };
}

/** What the AWS SDK (and so the CLI) reads its credentials from. */
export function s3Environment(s3: S3Address): Readonly<Record<string, string>> {
  return {
    AWS_ACCESS_KEY_ID: s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
    AWS_REGION: s3.region,
  };
}

async function startGateway(
  server: S3Server,
  {
    bin,
    directory,
    lifetime = "parent",
    keepAlive = false,
  }: S3ServerOptions & { bin: string; directory: string },
): Promise<ServerProcess> {
  const versions = join(directory, "s3-versions");
  await Promise.all([server.dataDir, versions].map((path) => mkdir(path, { recursive: true, mode: 0o700 })));
  return startProcess({
    name: "s3",
    command: join(bin, "versitygw"),
    directory,
    lifetime,
    // By the environment: an argument could be read by everybody in the list of processes.
    env: {
      ROOT_ACCESS_KEY_ID: server.accessKeyId,
      ROOT_SECRET_ACCESS_KEY: server.secretAccessKey,
      VGW_REGION: server.region,
      VGW_KEEP_ALIVE: String(keepAlive),
    },
    args: ["-p", new URL(server.endpoint).host, "-q", "posix", "--versioning-dir", versions, server.dataDir],
  });
}

async function makeBucket(server: S3Server): Promise<boolean> {
  const response = await createS3Client(server).request("PUT", "");
  return response.ok;
}

async function enableVersioning(server: S3Server): Promise<void> {
  const body = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
  const response = await createS3Client(server).request("PUT", "", { query: "versioning", body });
  if (!response.ok) throw new Error(`versioning: ${response.status} ${await response.text()}`);
}
