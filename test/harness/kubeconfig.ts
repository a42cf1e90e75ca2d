import { readFile, writeFile } from "node:fs/promises";
import { parse } from "yaml";
import type { KeyPair } from "./certificates.ts";

export type Credentials =
  | { readonly token: string }
  | { readonly client: KeyPair }
  | { readonly client: KeyPair; readonly as: string; readonly asGroups?: readonly string[] };

export type KubeconfigContent = {
  readonly server: string;
  /** PEM; without it the certificate of the server is not checked. */
  readonly ca?: string;
  readonly credentials: Credentials;
  readonly context?: string;
  readonly namespace?: string;
};

/** Writes a kubeconfig with one context, readable by its owner only. JSON, which is YAML too. */
export async function writeKubeconfig(path: string, content: KubeconfigContent): Promise<string> {
  const { server, ca, credentials, context = "test", namespace } = content;
  const trust =
    ca === undefined ? { "insecure-skip-tls-verify": true } : { "certificate-authority-data": base64(ca) };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": context,
    clusters: [{ name: context, cluster: { server, ...trust } }],
    users: [{ name: context, user: userOf(credentials) }],
    contexts: [
      { name: context, context: { cluster: context, user: context, ...(namespace && { namespace }) } },
    ],
  };
  await writeFile(path, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 });
  return path;
}

/** Server and identity out of a kubeconfig with one context and inline certificates, as the harness and kind write it. */
export async function readIdentity(path: string): Promise<{ server: string; ca: string; client: KeyPair }> {
  const config: {
    clusters: { cluster: { server: string; "certificate-authority-data": string } }[];
    users: { user: { "client-certificate-data": string; "client-key-data": string } }[];
  } = parse(await readFile(path, "utf8"));
  const [cluster, user] = [config.clusters[0]?.cluster, config.users[0]?.user];
  if (cluster === undefined || user === undefined) throw new Error(`${path} has no inline certificates`);
  const pem = (data: string) => Buffer.from(data, "base64").toString();
  return {
    server: cluster.server,
    ca: pem(cluster["certificate-authority-data"]),
    client: { cert: pem(user["client-certificate-data"]), key: pem(user["client-key-data"]) },
  };
}

function userOf(credentials: Credentials): Record<string, unknown> {
  if ("token" in credentials) return { token: credentials.token };
  const { key, cert } = credentials.client;
  const identity = { "client-certificate-data": base64(cert), "client-key-data": base64(key) };
  if (!("as" in credentials)) return identity;
  return { ...identity, as: credentials.as, "as-groups": credentials.asGroups ?? [] };
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
