// etcd + kube-apiserver + kube-controller-manager of the pinned version, on loopback ports, ready in some four seconds.
// No node: pods stay Pending. A ClusterDescriptor is plain data, so that a test process can attach to servers that
// another one started.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { KeyPair } from "./certificates.ts";
import { createAuthority, createSigningKey, issueClient, issueServer } from "./certificates.ts";
import type { ClusterDescriptor, ClusterHandle } from "./cluster-handle.ts";
import { attachCluster } from "./cluster-handle.ts";
import { createKubeClient } from "./kube-client.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import { freePorts } from "./ports.ts";
import type { ServerProcess } from "./processes.ts";
import { startProcess, waitUntilReady } from "./processes.ts";
import { scratchDirectory } from "./scratch.ts";
import { toolDirectory } from "./tools.ts";

export type ControlPlaneOptions = {
  /** Where keys, data, logs and pid files go; a scratch folder when absent. The caller removes a folder it named. */
  readonly directory?: string;
  /** "own": outlives this process, to be stopped by the pid files in `directory`. Default "parent". */
  readonly lifetime?: "parent" | "own";
  /** Where the API server listens. Default 127.0.0.1, which no pod can reach. */
  readonly address?: string;
  /** false: old pages and watches expire as soon as etcdCompact() ran. */
  readonly watchCache?: boolean;
  readonly extraApiserverArgs?: readonly string[];
  /** false: no garbage collection, no default service accounts, no pods made of deployments. */
  readonly controllerManager?: boolean;
};

export type ControlPlane = ClusterHandle & {
  readonly descriptor: ClusterDescriptor;
  readonly processes: Readonly<Record<"etcd" | "apiserver" | "controllerManager", ServerProcess | undefined>>;
  /** Stops the API server, starts it anew on the same port, and waits until it is ready. */
  restartApiserver(whileDown?: () => void): Promise<void>;
  stop(): Promise<void>;
};

type Site = {
  readonly directory: string;
  readonly lifetime: "parent" | "own";
  readonly address: string;
  readonly ports: Readonly<Record<"etcd" | "etcdPeer" | "apiserver" | "controllerManager", number>>;
};

const LOOPBACK = "127.0.0.1";
const SERVICE_RANGE = "10.96.0.0/16";

/** Starts a control plane of its own; builds the servers first where they are not cached. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const [etcdBin, kubernetesBin] = [await toolDirectory("etcd"), await toolDirectory("kubernetes")];
  const scratch = options.directory === undefined ? await scratchDirectory("cluster") : undefined;
  const directory = scratch?.path ?? options.directory ?? "";
  const site = await prepareSite(directory, options);
  const { ca } = await writeKeys(site);
  const started: ServerProcess[] = [];
  const stop = async () => {
    for (const server of started.toReversed()) await server.stop();
    await scratch?.remove();
  };
  try {
    const etcd = await startEtcd(site, etcdBin);
    started.push(etcd);
    const apiserver = await startApiserver(site, { bin: kubernetesBin, options });
    started.push(apiserver);
    await waitForApiserver(apiserver, join(directory, "admin.kubeconfig"));
    const controllerManager =
      options.controllerManager === false ? undefined : await startControllerManager(site, kubernetesBin);
    if (controllerManager) started.push(controllerManager);
    const descriptor = describeSite(site, ca, join(kubernetesBin, "kubectl"));
    const handle = attachCluster(descriptor);
    if (controllerManager) await waitForControllers(controllerManager, descriptor.kubeconfigPath);
    const restartApiserver = async (whileDown?: () => void) => {
      await apiserver.stop();
      whileDown?.();
      const anew = await startApiserver(site, { bin: kubernetesBin, options });
      started.push(anew);
      await waitForApiserver(anew, join(directory, "admin.kubeconfig"));
    };
    const processes = { etcd, apiserver, controllerManager };
    return { ...handle, descriptor, processes, restartApiserver, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function prepareSite(
  directory: string,
  { lifetime = "parent", address = LOOPBACK }: ControlPlaneOptions,
): Promise<Site> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const [etcd = 0, etcdPeer = 0, apiserver = 0, controllerManager = 0] = await freePorts(4);
  return { directory, lifetime, address, ports: { etcd, etcdPeer, apiserver, controllerManager } };
}

function describeSite(site: Site, ca: KeyPair, kubectl: string): ClusterDescriptor {
  const { directory, ports } = site;
  return {
    origin: "built",
    directory,
    kubeconfigPath: join(directory, "admin.kubeconfig"),
    server: serverUrl(site),
    kubectl,
    ca,
    etcdUrl: `http://127.0.0.1:${ports.etcd}`,
  };
}

function serverUrl({ address, ports }: Site): string {
  return `https://${address}:${ports.apiserver}`;
}

async function writeKeys(site: Site): Promise<{ ca: KeyPair }> {
  const { directory, address } = site;
  const [ca, frontProxyCa] = await Promise.all([createAuthority("cluster"), createAuthority("front-proxy")]);
  const names = ["localhost", "kubernetes", "kubernetes.default.svc"];
  const hosts = [...new Set([LOOPBACK, address]), "10.96.0.1", ...names];
  const [serving, frontProxy, admin, manager, kubeletClient] = await Promise.all([
    issueServer(ca, hosts),
    issueClient(frontProxyCa, { user: "front-proxy" }),
    issueClient(ca, { user: "admin", groups: ["system:masters"] }),
    issueClient(ca, { user: "system:kube-controller-manager" }),
    issueClient(ca, { user: "kubelet-client", groups: ["system:masters"] }),
  ]);
  const signing = createSigningKey();
  const files: Readonly<Record<string, string>> = {
    "ca.crt": ca.cert,
    "ca.key": ca.key,
    "apiserver.crt": serving.cert,
    "apiserver.key": serving.key,
    "front-proxy-ca.crt": frontProxyCa.cert,
    "front-proxy.crt": frontProxy.cert,
    "front-proxy.key": frontProxy.key,
    "kubelet-client.crt": kubeletClient.cert,
    "kubelet-client.key": kubeletClient.key,
    "sa.key": signing.privateKey,
    "sa.pub": signing.publicKey,
  };
  const write = ([name, text]: [string, string]) => writeFile(join(directory, name), text, { mode: 0o600 });
  await Promise.all(Object.entries(files).map(write));
  const kubeconfig = (name: string, client: KeyPair) =>
    writeKubeconfig(join(directory, name), {
      server: serverUrl(site),
      ca: ca.cert,
      credentials: { client },
    });
  await Promise.all([kubeconfig("admin.kubeconfig", admin), kubeconfig("manager.kubeconfig", manager)]);
  return { ca };
}

function startEtcd({ directory, lifetime, ports }: Site, bin: string): Promise<ServerProcess> {
  const client = `http://127.0.0.1:${ports.etcd}`;
  const peer = `http://127.0.0.1:${ports.etcdPeer}`;
  return startProcess({
    name: "etcd",
    command: join(bin, "etcd"),
    directory,
    lifetime,
    args: [
      `--data-dir=${join(directory, "etcd")}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      "--unsafe-no-fsync",
      "--quota-backend-bytes=8589934592", // 8 GiB: the large workloads pass the default of 2 GiB
      "--log-level=warn",
    ],
  });
}

function startApiserver(
  { directory, lifetime, address, ports }: Site,
  { bin, options }: { bin: string; options: ControlPlaneOptions },
): Promise<ServerProcess> {
  const file = (name: string) => join(directory, name);
  return startProcess({
    name: "apiserver",
    command: join(bin, "kube-apiserver"),
    directory,
    lifetime,
    args: [
      `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
      `--bind-address=${address}`,
      `--secure-port=${ports.apiserver}`,
      `--advertise-address=${address}`,
      // Loopback addresses may not stand in Endpoints.
      ...(address === LOOPBACK ? ["--endpoint-reconciler-type=none"] : []),
      `--cert-dir=${directory}`,
      `--tls-cert-file=${file("apiserver.crt")}`,
      `--tls-private-key-file=${file("apiserver.key")}`,
      `--client-ca-file=${file("ca.crt")}`,
      `--service-account-key-file=${file("sa.pub")}`,
      `--service-account-signing-key-file=${file("sa.key")}`,
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-cluster-ip-range=${SERVICE_RANGE}`,
      "--authorization-mode=Node,RBAC",
      `--requestheader-client-ca-file=${file("front-proxy-ca.crt")}`,
      "--requestheader-allowed-names=front-proxy",
      "--requestheader-extra-headers-prefix=X-Remote-Extra-",
      "--requestheader-group-headers=X-Remote-Group",
      "--requestheader-username-headers=X-Remote-User",
      `--proxy-client-cert-file=${file("front-proxy.crt")}`,
      `--proxy-client-key-file=${file("front-proxy.key")}`,
      "--enable-aggregator-routing=true",
      `--kubelet-client-certificate=${file("kubelet-client.crt")}`,
      `--kubelet-client-key=${file("kubelet-client.key")}`,
      `--kubelet-certificate-authority=${file("ca.crt")}`,
      "--kubelet-preferred-address-types=InternalIP",
      "--allow-privileged=true",
      ...(options.watchCache === false ? ["--watch-cache=false"] : []),
      ...(options.extraApiserverArgs ?? []),
    ],
  });
}

function startControllerManager({ directory, lifetime, ports }: Site, bin: string): Promise<ServerProcess> {
  const file = (name: string) => join(directory, name);
  return startProcess({
    name: "controller-manager",
    command: join(bin, "kube-controller-manager"),
    directory,
    lifetime,
    args: [
      `--kubeconfig=${file("manager.kubeconfig")}`,
      `--authentication-kubeconfig=${file("manager.kubeconfig")}`,
      `--authorization-kubeconfig=${file("manager.kubeconfig")}`,
      "--bind-address=127.0.0.1",
      `--secure-port=${ports.controllerManager}`,
      `--cert-dir=${directory}`,
      `--service-account-private-key-file=${file("sa.key")}`,
      `--root-ca-file=${file("ca.crt")}`,
      "--use-service-account-credentials=true",
      `--cluster-signing-cert-file=${file("ca.crt")}`,
      `--cluster-signing-key-file=${file("ca.key")}`,
      `--service-cluster-ip-range=${SERVICE_RANGE}`,
      "--leader-elect=false",
      "--pvclaimbinder-sync-period=1s", // else a claim that the binder saw before its volume waits 15 s
    ],
  });
}

async function waitForApiserver(apiserver: ServerProcess, kubeconfigPath: string): Promise<void> {
  const client = createKubeClient(kubeconfigPath);
  try {
    await waitUntilReady(apiserver, async () => (await client.request("GET", "/readyz")).status === 200);
    await waitUntilReady(
      apiserver,
      async () => (await client.find("/api/v1/namespaces/default")) !== undefined,
    );
  } finally {
    client.close();
  }
}

/** The default service account is the controllers' first visible work. */
async function waitForControllers(manager: ServerProcess, kubeconfigPath: string): Promise<void> {
  const client = createKubeClient(kubeconfigPath);
  const account = "/api/v1/namespaces/default/serviceaccounts/default";
  try {
    await waitUntilReady(manager, async () => (await client.find(account)) !== undefined);
  } finally {
    client.close();
  }
}
