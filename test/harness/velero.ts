// The real Velero server and CLI of the pinned version, run outside the cluster against a control plane and a bucket:
// its CRDs, its namespace, a Deployment of its name with 0 replicas (restores look it up), one location named "default".
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { ClusterHandle } from "./cluster-handle.ts";
import { eventually } from "./eventually.ts";
import type { ApplyObject, KubeClient } from "./kube-client.ts";
import type { KubeObject } from "./kube-object.ts";
import { freePorts } from "./ports.ts";
import type { ServerProcess } from "./processes.ts";
import { startProcess, waitUntilReady } from "./processes.ts";
import { runCommand } from "./run-command.ts";
import type { S3Address } from "./s3-client.ts";
import { type Scratch, scratchDirectory } from "./scratch.ts";
import { toolDirectory } from "./tools.ts";

export type VeleroOptions = {
  readonly cluster: Pick<ClusterHandle, "kubeconfigPath" | "adminClient">;
  readonly s3: S3Address;
  /** Of the keys in the bucket, without slash at the end; none when absent. */
  readonly prefix?: string;
  /** Of Velero itself; "velero" when absent. Two Veleros on one cluster need two. */
  readonly namespace?: string;
  /** Feature flags of the server, such as EnableAPIGroupVersions. */
  readonly features?: readonly string[];
};

export type Velero = {
  readonly namespace: string;
  /** The `velero` CLI: its stdout; throws with its stderr when it fails. */
  cli(args: readonly string[]): Promise<string>;
  /** Until the location was validated as Available `times` times from now on (1 when absent). */
  waitForLocation(times?: number): Promise<void>;
  /** Until the backup exists and has an end phase; returns it. Look at its status.phase. */
  waitForBackup(name: string): Promise<KubeObject>;
  /** Until the restore has an end phase; returns it. Look at its status.phase, warnings and errors. */
  waitForRestore(name: string): Promise<KubeObject>;
  /** The path of the server's log. */
  readonly logPath: string;
  /** Ends the server. The CRDs and the namespace stay in the cluster. */
  stop(): Promise<void>;
};

// Ten times as often as Velero's default of a minute.
const PERIOD = "6s";
const END_PHASES = ["Completed", "PartiallyFailed", "Failed", "FailedValidation"];

/** Installs Velero's CRDs and starts its server; ready when its location is Available. */
export async function startVelero(options: VeleroOptions): Promise<Velero> {
  const namespace = options.namespace ?? "velero";
  const [velero, plugins] = [
    join(await toolDirectory("velero"), "velero"),
    await toolDirectory("velero-plugin-aws"),
  ];
  const scratch = await scratchDirectory("velero");
  const environment = await environmentFor(scratch, options.s3);
  const kubeconfig = ["--kubeconfig", options.cluster.kubeconfigPath, "--namespace", namespace];
  const cli = (args: readonly string[]) => runCommand(velero, [...args, ...kubeconfig], { env: environment });
  const client = options.cluster.adminClient();
  await install(client, {
    crds: await cli(["install", "--crds-only", "--dry-run", "-o", "yaml"]),
    namespace,
    options,
  });
  const [metrics = 0, profiler = 0] = await freePorts(2);
  const server = await startProcess({
    name: "velero",
    command: velero,
    directory: scratch.path,
    env: environment,
    args: [
      ...["server", "--plugin-dir", plugins, ...kubeconfig],
      ...["--metrics-address", `127.0.0.1:${metrics}`, "--profiler-address", `127.0.0.1:${profiler}`],
      ...["--backup-sync-period", PERIOD, "--store-validation-frequency", PERIOD],
      `--features=${(options.features ?? []).join(",")}`,
    ],
  });
  return ready(server, { client, cli, namespace, scratch });
}

async function ready(
  server: ServerProcess,
  {
    client,
    cli,
    namespace,
    scratch,
  }: { client: KubeClient; cli: Velero["cli"]; namespace: string; scratch: Scratch },
): Promise<Velero> {
  const find = (kind: string, name: string) => client.find(`${apiPath(namespace)}/${kind}/${name}`);
  const ended = (kind: string, name: string) =>
    eventually(
      `${kind} ${name} of Velero to end`,
      async () => {
        const found = await find(kind, name);
        return END_PHASES.includes(String(statusOf(found)["phase"])) && found;
      },
      { timeoutMs: 180_000, intervalMs: 200 },
    );
  const validatedAt = async () => {
    const { phase, lastValidationTime } = statusOf(await find("backupstoragelocations", "default"));
    return phase === "Available" && String(lastValidationTime);
  };
  const stop = async () => {
    await server.stop();
    client.close();
    await scratch.remove();
  };
  try {
    await waitUntilReady(server, async () => (await validatedAt()) !== false, 120_000);
  } catch (error) {
    await stop();
    throw error;
  }
  const waitForLocation = async (times = 1) => {
    for (let seen = await validatedAt(), count = 0; count < times; count += 1) {
      const before = seen;
      const changed = async () => {
        const now = await validatedAt();
        return now !== before && now;
      };
      seen = await eventually("the location to be validated once more", changed);
    }
  };
  return {
    ...{ namespace, cli, stop, waitForLocation, logPath: server.logPath },
    waitForBackup: (name) => ended("backups", name),
    waitForRestore: (name) => ended("restores", name),
  };
}

async function environmentFor(scratch: Scratch, s3: S3Address): Promise<Record<string, string>> {
  const credentials = join(scratch.path, "aws-credentials");
  const keys = `aws_access_key_id=${s3.accessKeyId}\naws_secret_access_key=${s3.secretAccessKey}\n`;
  await writeFile(credentials, `[default]\n${keys}`, { mode: 0o600 });
  return { HOME: scratch.path, AWS_SHARED_CREDENTIALS_FILE: credentials, TMPDIR: scratch.path };
}

async function install(
  client: KubeClient,
  { crds, namespace, options }: { crds: string; namespace: string; options: VeleroOptions },
): Promise<void> {
  const documents = parseAllDocuments(crds).map((document): unknown => document.toJS());
  const list = documents.flatMap((it) => (isList(it) ? it.items : [it as ApplyObject])); // CRDs, alone or in a List
  const objects = [
    ...list.filter(({ kind }) => kind === "CustomResourceDefinition"),
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    emptyDeployment(namespace),
    location(namespace, options),
  ];
  await client.apply(objects);
  await eventually("Velero's kinds to be discovered", () => areDiscovered(client, objects));
}

/** Velero ends at once where one of its kinds is missing from discovery, which lags behind the CRDs. */
async function areDiscovered(client: KubeClient, objects: readonly ApplyObject[]): Promise<boolean> {
  const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
  const { text } = await client.request("GET", "/apis", { headers: { accept } });
  const plurals = objects
    .filter(({ kind }) => kind === "CustomResourceDefinition")
    .map(({ metadata }) => metadata.name?.split(".")[0]);
  return plurals.every((plural) => text.includes(`"resource":"${plural}"`));
}

function emptyDeployment(namespace: string): ApplyObject {
  const labels = { component: "velero" };
  const template = {
    metadata: { labels },
    spec: { containers: [{ name: "velero", image: "localhost/none" }] },
  };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "velero", namespace },
    spec: { replicas: 0, selector: { matchLabels: labels }, template },
  };
}

function location(namespace: string, { s3, prefix }: VeleroOptions): ApplyObject {
  const config = { region: s3.region, s3ForcePathStyle: "true", s3Url: s3.endpoint, checksumAlgorithm: "" };
  const objectStorage = { bucket: s3.bucket, ...(prefix !== undefined && { prefix }) };
  return {
    apiVersion: "velero.io/v1",
    kind: "BackupStorageLocation",
    metadata: { name: "default", namespace },
    spec: { provider: "aws", default: true, objectStorage, config },
  };
}

function apiPath(namespace: string): string {
  return `/apis/velero.io/v1/namespaces/${namespace}`;
}

function statusOf(object: KubeObject | undefined): Readonly<Record<string, unknown>> {
  return (object?.["status"] ?? {}) as Readonly<Record<string, unknown>>; // a status is an object
}

function isList(value: unknown): value is { readonly items: readonly ApplyObject[] } {
  return typeof value === "object" && value !== null && "items" in value;
}
