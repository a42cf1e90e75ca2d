import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { startSampleServers } from "./sample-servers.ts";

/** A home, a cluster and a bucket for the runs that a build makes of what it has built. */
export interface SampleSite {
  /** HOME; removed at the end. */
  readonly folder: string;
  readonly s3Url: string;
  readonly env: Readonly<Record<string, string>>;
  /** Writes a file in the folder and tells its path. */
  readonly write: (name: string, text: string) => Promise<string>;
}

export async function withSampleSite(work: (site: SampleSite) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "kubectl-backup-sample-"));
  const servers = await startSampleServers();
  const write = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  };
  try {
    const env = {
      PATH: process.env["PATH"] ?? "",
      HOME: folder,
      // As users have it: a kubeconfig in JSON would leave the YAML parser cold.
      KUBECONFIG: await write("kubeconfig", stringify(JSON.parse(servers.kubeconfig))),
      AWS_ACCESS_KEY_ID: "sample",
      AWS_SECRET_ACCESS_KEY: "sample",
      AWS_EC2_METADATA_DISABLED: "true",
    };
    await work({ folder, s3Url: servers.s3Url, env, write });
  } finally {
    servers.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
