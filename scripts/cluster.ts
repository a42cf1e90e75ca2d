// make cluster-up / cluster-down: a disposable cluster and an S3 server that outlive this script. Several lie side by side
// by name, each with its own folder build/cluster[-NAME]/ and its own build/cluster[-NAME].env to source. With --node pods
// run there too, and the product's image, which `make image` has made, lies on the node.
import { existsSync, readdirSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import type { ControlPlane } from "#test/harness/control-plane.ts";
import { startControlPlane } from "#test/harness/control-plane.ts";
import { startClusterWithNode } from "#test/harness/node/cluster-with-node.ts";
import { cleanNode } from "#test/harness/node/node.ts";
import { isAlive, stopByPidFile } from "#test/harness/processes.ts";
import { PRODUCT, productImage } from "#test/harness/product-image.ts";
import type { S3Server } from "#test/harness/s3-server.ts";
import { s3Environment, startS3Server } from "#test/harness/s3-server.ts";

const REPOSITORY = join(import.meta.dirname, "..");
const BUILD = join(REPOSITORY, "build");
// Those that talk to others stop before them.
const CONTROL_PLANE = ["controller-manager", "apiserver", "etcd", "s3"];
// "node" holds the namespaces of the others, and with them the address at which the API server listens.
const NODE = "node";
const STOP_ORDER = ["kubelet", "kube-proxy", "scheduler", "containerd", ...CONTROL_PLANE, NODE];

const { values, positionals } = parseArgs({
  options: { node: { type: "boolean", default: false }, all: { type: "boolean", default: false } },
  allowPositionals: true,
});
const [action, name = ""] = positionals;

try {
  await run();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function run(): Promise<void> {
  if (action === "up" && isName(name)) return up();
  if (action === "down" && values.all) return downAll();
  if (action === "down" && isName(name)) return down(baseOf(name));
  throw new Error(
    "usage: cluster.ts up [NAME] [--node] | down [NAME] | down --all   (NAME: lower-case letters, digits and dashes)",
  );
}

async function up(): Promise<void> {
  const base = baseOf(name);
  if (await isRunning(base)) return explainRunning(base);
  await down(base);
  await mkdir(BUILD, { recursive: true });
  try {
    const [cluster, s3] = await startBoth(base);
    const variables = { ...environment(cluster, s3), ...(values.node && (await forGuard(cluster, s3))) };
    await writeFile(envFile(base), sourced(variables, cluster), { mode: 0o600 });
  } catch (error) {
    await stopServers(base);
    throw error;
  }
  explain(base, "is ready");
}

async function startBoth(base: string): Promise<[ControlPlane, S3Server]> {
  process.stdout.write(
    `Starting etcd, kube-apiserver, kube-controller-manager and versitygw${values.node ? ", and a node" : ""}; the first time builds them.\n`,
  );
  const site = { directory: directoryOf(base), lifetime: "own" } as const;
  if (!values.node) return [await startControlPlane(site), await startS3Server(site)];
  await mkdir(site.directory);
  const cluster = await startClusterWithNode(site);
  return [cluster, await startS3Server({ ...site, address: cluster.hostAddress })];
}

async function down(base: string): Promise<void> {
  await stopServers(base);
  await rm(directoryOf(base), { recursive: true, force: true });
  await rm(envFile(base), { force: true });
}

async function downAll(): Promise<void> {
  const names = existsSync(BUILD) ? readdirSync(BUILD) : [];
  const bases = names.map((file) => /^cluster(-[a-z0-9-]+)?$/.exec(file)?.[0]);
  for (const base of bases) if (base !== undefined) await down(base);
}

async function stopServers(base: string): Promise<void> {
  for (const server of STOP_ORDER) await stopByPidFile(pidFile(base, server));
  await cleanNode(directoryOf(base));
}

async function isRunning(base: string): Promise<boolean> {
  if (!existsSync(envFile(base))) return false;
  const servers = STOP_ORDER.filter((server) => hasNode(base) || CONTROL_PLANE.includes(server));
  const pids = servers.map((server) => readFile(pidFile(base, server), "utf8").catch(() => "0"));
  return (await Promise.all(pids)).every(
    (text) => Number.parseInt(text, 10) > 0 && isAlive(Number.parseInt(text, 10)),
  );
}

function explainRunning(base: string): void {
  if (values.node && !hasNode(base))
    throw new Error(`${base} is running without a node; stop it first, or choose another NAME`);
  explain(base, "is running already");
}

function hasNode(base: string): boolean {
  return existsSync(pidFile(base, NODE));
}

type Variables = Readonly<Record<string, string>>;

function environment(cluster: ControlPlane, s3: S3Server): Variables {
  return {
    KUBECONFIG: cluster.kubeconfigPath,
    S3_ENDPOINT: s3.endpoint,
    S3_BUCKET: s3.bucket,
    ...s3Environment(s3),
  };
}

/** What `kubectl backup install` asks for there. */
async function forGuard(cluster: ControlPlane, s3: S3Server): Promise<Variables> {
  await cluster.loadImage(await productImage());
  return {
    GUARD_IMAGE: await cluster.imageByDigest(PRODUCT),
    GUARD_LOCATION: `s3://${s3.bucket}/clusters?endpoint=${s3.endpoint}&pathStyle=true`,
  };
}

function sourced(variables: Variables, { binDirectory }: ControlPlane): string {
  const lines = Object.entries(variables).map(([key, value]) => `export ${key}=${quote(value)}`);
  // So that `kubectl` is the one that fits, and `kubectl backup` the one built here.
  return [...lines, `export PATH=${quote(binDirectory)}:${quote(BUILD)}:"$PATH"`, ""].join("\n");
}

function explain(base: string, state: string): void {
  const file = relative(process.cwd(), envFile(base));
  const [, suffix] = base.split("cluster-");
  const stop = suffix === undefined ? "make cluster-down" : `make cluster-down NAME=${suffix}`;
  const use = `The cluster ${state}. Use it with:`;
  process.stdout.write(`${use}   source ${file}\n${"Stop it with:".padEnd(use.length)}   ${stop}\n`);
}

function isName(text: string): boolean {
  return /^[a-z0-9-]*$/.test(text);
}

function baseOf(suffix: string): string {
  return suffix === "" ? "cluster" : `cluster-${suffix}`;
}

function directoryOf(base: string): string {
  return join(BUILD, base);
}

function pidFile(base: string, server: string): string {
  return join(directoryOf(base), `${server}.pid`);
}

function envFile(base: string): string {
  return join(BUILD, `${base}.env`);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
