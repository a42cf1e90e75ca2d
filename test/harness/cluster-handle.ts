import { join } from "node:path";
import type { KeyPair } from "./certificates.ts";
import { issueClient } from "./certificates.ts";
import { type Image, writeImageArchive } from "./image.ts";
import type { KubeClient } from "./kube-client.ts";
import { createKubeClient } from "./kube-client.ts";
import { readIdentity, writeKubeconfig } from "./kubeconfig.ts";
import { runCommand } from "./run-command.ts";
import { scratchDirectory } from "./scratch.ts";

/** Plain data about a running cluster, fit to be handed to another process. */
export type ClusterDescriptor = {
  /** "existing" is TEST_KUBECONFIG. */
  readonly origin: "built" | "kind" | "existing";
  /** Private folder for the kubeconfigs written by the handle; of a built cluster also keys, data and logs. */
  readonly directory: string;
  /** The administrator's. */
  readonly kubeconfigPath: string;
  readonly server: string;
  /** Path of the kubectl that fits. */
  readonly kubectl: string;
  /** Of a built cluster: signs client certificates. */
  readonly ca?: KeyPair;
  /** Of a built cluster. */
  readonly etcdUrl?: string;
  /** Of a cluster whose nodes take our images: the command line that loads an archive, whose path is to follow. */
  readonly imageImport?: readonly string[];
  /** Of the same: the command line of the node's `ctr`. */
  readonly imageTool?: readonly string[];
};

export type ClusterHandle = {
  readonly kubeconfigPath: string;
  readonly server: string;
  /** Folder of the kubectl binary, to be put on PATH. */
  readonly binDirectory: string;
  /** kubectl as administrator: its stdout; throws with its stderr when it fails. */
  adminKubectl(args: readonly string[], options?: { readonly stdin?: string }): Promise<string>;
  /** A raw client as administrator; the caller closes it. */
  adminClient(): KubeClient;
  /** A kubeconfig that carries a token, whatever it is worth. */
  withToken(token: string): Promise<string>;
  /**
   * A kubeconfig of this user and these groups, with no rights but what RBAC gives them: by a client certificate, or, on a
   * cluster whose authority is not ours, by impersonation.
   */
  withClientCert(subject: { readonly user: string; readonly groups?: readonly string[] }): Promise<string>;
  /** A token of a service account, valid for `seconds` (600 at least, so says the server; default 3600). */
  serviceAccountToken(account: {
    readonly namespace: string;
    readonly name: string;
    readonly seconds?: number;
  }): Promise<string>;
  /** Makes an image and loads it into the node; pods use it with imagePullPolicy: Never (or IfNotPresent). */
  loadImage(image: Image): Promise<void>;
  /** The name by digest of an image that was loaded, by which pods find it from now on. */
  imageByDigest(name: string): Promise<string>;
  /** Compacts etcd at its newest revision (built clusters only): with watchCache: false all older ones are then 410. */
  etcdCompact(): Promise<void>;
};

/** The same cluster from another process. */
export function attachCluster(descriptor: ClusterDescriptor): ClusterHandle {
  const { directory, server, ca, kubeconfigPath } = descriptor;
  const adminKubectl: ClusterHandle["adminKubectl"] = (args, options = {}) =>
    runCommand(descriptor.kubectl, args, { ...options, env: { KUBECONFIG: kubeconfigPath } });
  const nextPath = () => join(directory, `user-${crypto.randomUUID()}.kubeconfig`);
  return {
    kubeconfigPath,
    server,
    binDirectory: join(descriptor.kubectl, ".."),
    adminKubectl,
    adminClient: () => createKubeClient(kubeconfigPath),
    withToken: (token) =>
      writeKubeconfig(nextPath(), { server, credentials: { token }, ...(ca && { ca: ca.cert }) }),
    withClientCert: (subject) => writeUser(descriptor, subject, nextPath()),
    serviceAccountToken: async ({ namespace, name, seconds = 3600 }) => {
      const output = await adminKubectl(["create", "token", name, "-n", namespace, `--duration=${seconds}s`]);
      return output.trim();
    },
    loadImage: (image) => loadImage(image, descriptor.imageImport),
    imageByDigest: (name) => imageByDigest(name, builtOnly(descriptor.imageTool, name)),
    etcdCompact: () => compact(builtOnly(descriptor.etcdUrl, "compaction")),
  };
}

async function writeUser(
  { ca, server, kubeconfigPath }: ClusterDescriptor,
  subject: { readonly user: string; readonly groups?: readonly string[] },
  path: string,
): Promise<string> {
  if (ca === undefined) {
    const { ca: authority, client } = await readIdentity(kubeconfigPath);
    const credentials = { client, as: subject.user, asGroups: subject.groups ?? [] };
    return writeKubeconfig(path, { server, ca: authority, credentials });
  }
  return writeKubeconfig(path, {
    server,
    ca: ca.cert,
    credentials: { client: await issueClient(ca, subject) },
  });
}

function builtOnly<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`${what}: only with a cluster that the harness has built itself`);
  return value;
}

async function loadImage(image: Image, command: ClusterDescriptor["imageImport"]): Promise<void> {
  if (command === undefined)
    throw new Error(`${image.name}: this cluster has no node that takes images of ours`);
  const scratch = await scratchDirectory("image");
  try {
    const archive = join(scratch.path, "image.tar");
    await writeImageArchive(image, archive);
    const [program = "", ...args] = command;
    await runCommand(program, [...args, archive]);
  } finally {
    await scratch.remove();
  }
}

/** containerd knows images by their names alone: the one with the digest is a further one. */
async function imageByDigest(name: string, [program = "", ...tool]: readonly string[]): Promise<string> {
  const listed = await runCommand(program, [...tool, "images", "ls", `name==${name}`]);
  const digest = /sha256:[0-9a-f]{64}/.exec(listed)?.[0];
  if (digest === undefined) throw new Error(`${name}: the node has no such image`);
  const reference = `${name.replace(/:[^:/]*$/, "")}@${digest}`;
  await runCommand(program, [...tool, "images", "tag", "--force", name, reference]);
  return reference;
}

async function compact(etcdUrl: string): Promise<void> {
  const post = async (path: string, body: unknown): Promise<{ header: { revision: string } }> => {
    const reply = await fetch(etcdUrl + path, { method: "POST", body: JSON.stringify(body) });
    if (!reply.ok) throw new Error(`etcd ${path}: ${reply.status} ${await reply.text()}`);
    // The part of etcd's answers that is read here.
    return (await reply.json()) as { header: { revision: string } };
  };
  const { header } = await post("/v3/kv/range", { key: btoa("none") });
  await post("/v3/kv/compaction", { revision: header.revision, physical: true });
}
