import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { EMPTY_CLUSTER, EMPTY_USER, type Kubeconfig } from "./kubeconfig.ts";

const SERVICE_ACCOUNT_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";
const NAME = "in-cluster";

/** The pod's own service account, said as a kubeconfig, so that flags apply to it as to any other. */
export async function inClusterKubeconfig(
  env: NodeJS.ProcessEnv,
  folder: string = SERVICE_ACCOUNT_FOLDER,
): Promise<Kubeconfig | undefined> {
  const host = env["KUBERNETES_SERVICE_HOST"];
  const port = env["KUBERNETES_SERVICE_PORT"];
  const tokenFile = join(folder, "token");
  if (!host || !port || (await textOf(tokenFile)) === undefined) return undefined;
  const server = `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
  const certificateAuthority = join(folder, "ca.crt");
  const namespace = (await textOf(join(folder, "namespace")))?.trim();
  return {
    currentContext: NAME,
    contexts: new Map([[NAME, { cluster: NAME, user: NAME, namespace: namespace || undefined }]]),
    clusters: new Map([[NAME, { ...EMPTY_CLUSTER, server, certificateAuthority }]]),
    users: new Map([[NAME, { ...EMPTY_USER, tokenFile }]]),
  };
}

async function textOf(file: string): Promise<string | undefined> {
  return await readFile(file, "utf8").catch(() => undefined);
}
