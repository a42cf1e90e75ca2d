// The built guard as a process on this machine, called by a real API server under the shipped webhook configuration, in
// which nothing but the address is changed. It runs as its own service account, with the rights that manifests/ gives it
// and the flags that manifests/ and the image give it.
import { readFile, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import type { ClusterHandle } from "./cluster-handle.ts";
import { containerOfDockerfile } from "./dockerfile.ts";
import { eventually } from "./eventually.ts";
import type { KubeClient } from "./kube-client.ts";
import { freePort } from "./ports.ts";
import { type ServerProcess, startProcess } from "./processes.ts";
import { scratchDirectory } from "./scratch.ts";

const ROOT = join(import.meta.dirname, "../..");
const NAMESPACE = "kubectl-backup";
const NAME = "kubectl-backup-guard";
const CONFIGURATION = `/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/${NAME}`;

export type GuardProcess = {
  readonly port: number;
  /** Changes with each start. */
  pid(): number;
  /** Ends it by SIGTERM, as a kubelet does. */
  stop(): Promise<void>;
  /** Starts it again at the same address, this once with these variables too. */
  start(env?: Readonly<Record<string, string>>): Promise<void>;
  log(): Promise<string>;
  /** What a Prometheus scrapes. */
  metrics(): Promise<string>;
  /** Takes everything of it out of the cluster, the configuration first. */
  remove(): Promise<void>;
};

export type GuardOptions = {
  readonly locations: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Its first reading of a location may take long. Default 90 s. */
  readonly readyWithinMs?: number;
};

/** The cluster has to be the test's own: there is one guard in a cluster. */
export async function startGuard(cluster: ClusterHandle, options: GuardOptions): Promise<GuardProcess> {
  const client = cluster.adminClient();
  const scratch = await scratchDirectory("guard");
  const port = await freePort();
  await applyRights(cluster, client);
  await pointConfigurationAt(client, port);
  const token = await cluster.serviceAccountToken({ namespace: NAMESPACE, name: NAME });
  const config = join(scratch.path, "config.yaml");
  const shipped = await shippedContainer();
  const names = options.locations.map((url, n) => [`location-${n}`, url]);
  await writeFile(config, JSON.stringify({ default: "location-0", locations: Object.fromEntries(names) }));
  const env = {
    PATH: process.env["PATH"] ?? "",
    KUBECONFIG: await cluster.withToken(token),
    AWS_EC2_METADATA_DISABLED: "true",
    ...shipped.env,
    GUARD_CONFIG: config,
    GUARD_PORT: String(port),
    GUARD_BIND: "127.0.0.1",
    ...options.env,
  };
  let server: ServerProcess | undefined;
  const start = async (once: Readonly<Record<string, string>> = {}) => {
    server = await startProcess({
      name: "guard",
      command: process.execPath,
      args: [...shipped.flags, join(ROOT, "build/webhook/main.cjs")],
      directory: scratch.path,
      env: { ...env, ...once },
    });
    await eventually("the guard is ready", async () => (await ask(port, "/readyz")).status === 200, {
      timeoutMs: options.readyWithinMs ?? 90_000,
    });
  };
  const stop = async () => {
    await server?.stop();
    server = undefined;
  };
  await start();
  await eventually("its authority is announced", async () => {
    const { webhooks } = (await client.get(CONFIGURATION)) as {
      webhooks?: { clientConfig: { caBundle?: string } }[];
    };
    return webhooks?.[0]?.clientConfig.caBundle !== undefined;
  });
  return {
    port,
    pid: () => server?.pid ?? 0,
    start,
    stop,
    metrics: async () => (await ask(port, "/metrics")).text,
    log: () => readFile(join(scratch.path, "guard.log"), "utf8"),
    remove: async () => {
      await client.delete(CONFIGURATION);
      await stop();
      client.close();
      await scratch.remove();
    },
  };
}

/** What of the container's description holds outside of one too. */
async function shippedContainer(): Promise<{
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}> {
  const deployment = parse(await readFile(join(ROOT, "manifests/deployment.yaml"), "utf8"));
  const [{ command, env }] = deployment.spec.template.spec.containers as [
    { command: string[]; env: { name: string; value?: string }[] },
  ];
  const given = env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]]));
  // Its paths hold in the image alone.
  const { NODE_OPTIONS = "" } = containerOfDockerfile().env;
  return { flags: command.slice(1, -1), env: { NODE_OPTIONS, ...Object.fromEntries(given) } };
}

async function applyRights(cluster: ClusterHandle, client: KubeClient): Promise<void> {
  const [namespaces, rbac, roles] = await Promise.all(
    ["namespaces.yaml", "rbac.yaml", "roles.yaml"].map((file) =>
      readFile(join(ROOT, "manifests", file), "utf8"),
    ),
  );
  await cluster.adminKubectl(["apply", "--server-side", "-f", "-"], { stdin: namespaces ?? "" });
  for (const document of parseAllDocuments(`${rbac}\n---\n${roles}`)) {
    const object = document.toJSON();
    if (object !== null) {
      await cluster.adminKubectl(["apply", "--server-side", "-f", "-"], { stdin: JSON.stringify(object) });
    }
  }
  await eventually("the service account is there", () =>
    client.find(`/api/v1/namespaces/${NAMESPACE}/serviceaccounts/${NAME}`),
  );
}

async function pointConfigurationAt(client: KubeClient, port: number): Promise<void> {
  const shipped = parse(await readFile(join(ROOT, "manifests/webhook.yaml"), "utf8"));
  shipped.webhooks[0].clientConfig = { url: `https://127.0.0.1:${port}/review` };
  await client.create("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", shipped);
}

/** Its certificate is its own business here. */
function ask(
  port: number,
  path: string,
): Promise<{ readonly status: number | undefined; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: "127.0.0.1", port, path, rejectUnauthorized: false, agent: false },
      async (reply) => {
        let text = "";
        for await (const chunk of reply.setEncoding("utf8")) text += chunk;
        resolve({ status: reply.statusCode, text });
      },
    );
    asked.on("error", reject);
    asked.end();
  });
}
