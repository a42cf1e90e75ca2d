import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ControlPlane } from "#test/harness/control-plane.ts";
import { CLI_PATH } from "#test/harness/run-cli.ts";
import { type S3Server, s3Environment } from "#test/harness/s3-server.ts";
import { type Measured, measure, succeeded } from "./measure.ts";
import type { RawJob } from "./raw-client.ts";

/** Where a bench runs: servers, a scratch folder, and how to start ours and the raw client in it. */
export type BenchSite = {
  readonly cluster: ControlPlane;
  readonly s3: S3Server;
  readonly directory: string;
};

type Credentials = Pick<RawJob, "server" | "ca" | "cert" | "key">;

const RAW_CLIENT = join(import.meta.dirname, "raw-client.ts");

export async function runOurs(
  site: BenchSite,
  args: readonly string[],
  allowed: readonly number[] = [0],
): Promise<Measured> {
  const home = join(site.directory, "home");
  await mkdir(home, { recursive: true });
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: home,
    KUBECONFIG: site.cluster.kubeconfigPath,
    AWS_EC2_METADATA_DISABLED: "true",
    ...s3Environment(site.s3),
  };
  return succeeded(await measure([CLI_PATH, ...args], env), allowed);
}

type RawWork = RawJob extends infer Job ? (Job extends RawJob ? Omit<Job, keyof Credentials> : never) : never;

export async function runRaw(site: BenchSite, work: RawWork): Promise<Measured> {
  const jobFile = join(site.directory, `job-${crypto.randomUUID()}.json`);
  await writeFile(jobFile, JSON.stringify({ ...(await credentials(site)), ...work }), { mode: 0o600 });
  try {
    const env = {
      PATH: process.env["PATH"] ?? "",
      NODE_COMPILE_CACHE: join(site.directory, "compile-cache"),
    };
    return succeeded(await measure(["node", RAW_CLIENT, jobFile], env));
  } finally {
    await rm(jobFile);
  }
}

/** From the administrator's kubeconfig, which the harness writes as JSON with inline certificates. */
async function credentials(site: BenchSite): Promise<Credentials> {
  const config = JSON.parse(await readFile(site.cluster.kubeconfigPath, "utf8"));
  const decode = (text: string) => Buffer.from(text, "base64").toString();
  const { cluster } = config.clusters[0];
  const { user } = config.users[0];
  return {
    server: cluster.server,
    ca: decode(cluster["certificate-authority-data"]),
    cert: decode(user["client-certificate-data"]),
    key: decode(user["client-key-data"]),
  };
}

/** The location's URL for the CLI. */
export function s3Url(s3: S3Server, prefix: string, endpoint = s3.endpoint): string {
  return `s3://${s3.bucket}/${prefix}?endpoint=${encodeURIComponent(endpoint)}&region=${s3.region}&pathStyle=true`;
}
