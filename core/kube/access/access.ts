import type { ClusterInfo } from "#core/kube/cluster.ts";
import { Failure } from "#core/model/errors.ts";
import { chooseCredential } from "./choice.ts";
import { fixedCredential } from "./credential.ts";
import { impersonationHeaders } from "./impersonation.ts";
import { inClusterKubeconfig } from "./in-cluster.ts";
import type { Kubeconfig } from "./kubeconfig.ts";
import { loadKubeconfig } from "./kubeconfig-load.ts";
import { type Chosen, selectFromKubeconfig } from "./kubeconfig-select.ts";
import type { ProxyTarget } from "./proxy.ts";
import { chooseProxy } from "./proxy-choice.ts";
import { renewingAccess } from "./renewal.ts";
import { serverUrl } from "./server.ts";
import { caFingerprint, loadTls } from "./tls.ts";

/**
 * From flags and environment to what a transport needs to reach one cluster as one user.
 *
 * kubeconfig*.ts find out what kubectl would use, access-*.ts turn that into TLS material, headers and credentials that
 * renew themselves, proxy*.ts find and open the way through a proxy. The one rule: it behaves as kubectl does, and no
 * secret ever reaches an error. It must not know requests, resources or what the access is used for.
 */
export interface AccessOptions {
  /** --kubeconfig: this file alone, and it must exist. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly cluster?: string | undefined;
  readonly user?: string | undefined;
  readonly namespace?: string | undefined;
  readonly server?: string | undefined;
  readonly certificateAuthority?: string | undefined;
  readonly insecureSkipTlsVerify?: boolean | undefined;
  readonly tlsServerName?: string | undefined;
  readonly proxyUrl?: string | undefined;
  readonly token?: string | undefined;
  readonly clientCertificate?: string | undefined;
  readonly clientKey?: string | undefined;
  readonly as?: string | undefined;
  readonly asGroups?: readonly string[] | undefined;
  readonly asUid?: string | undefined;
  /** As typed: key=value, a key may come several times. */
  readonly asUserExtra?: readonly string[] | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Standard input is a terminal that a credential plugin may ask at. */
  readonly interactive: boolean;
  /** Where a pod's service account is mounted, if elsewhere than everywhere. */
  readonly serviceAccountFolder?: string | undefined;
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
}

/** Options for node:tls, as the cluster's entry and the user's credentials have them. */
export interface ClusterTls {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly servername: string | undefined;
  readonly rejectUnauthorized: boolean;
}

/** Authorization and Impersonate-*, names in lower case as HTTP/2 wants them, values as bytes in latin1. */
export type AccessHeaders = Readonly<Record<string, string | string[]>>;

export interface ClusterAccess {
  readonly info: ClusterInfo;
  /** May have a path, which every request path goes below. */
  readonly server: URL;
  readonly proxy: ProxyTarget | undefined;
  /** The same object as long as nothing changed; another one means: new connections must use it. */
  tls(signal: AbortSignal): Promise<ClusterTls>;
  /** Ask before every request: expiring credentials are renewed here. The same object as long as nothing changed. */
  headers(signal: AbortSignal): Promise<AccessHeaders>;
  /**
   * After a 401: drops what the rejected headers were made from. True when one other try makes sense. Pass what was
   * sent, so that many requests that were rejected together renew once.
   */
  renew(rejected: AccessHeaders, signal: AbortSignal): Promise<boolean>;
}

/** Reads and checks everything that can be without the cluster; plugins run only when the first request asks. */
export async function openAccess(options: AccessOptions): Promise<ClusterAccess> {
  const chosen = selectFromKubeconfig(await findKubeconfig(options), options);
  if (chosen.cluster.server === undefined) throw noCluster(chosen);
  const base = await loadTls(chosen.cluster, chosen.user);
  const server = serverUrl(chosen.cluster, base.cert !== undefined);
  // In clear text nothing is sent that proves who we are (kubectl's rule, too).
  const isSecure = server.protocol === "https:";
  const source = isSecure ? await chooseCredential(chosen, { options, ca: base.ca }) : fixedCredential({});
  const proxy = chooseProxy({ server, tls: base, configured: chosen.cluster.proxyUrl, env: options.env });
  const info: ClusterInfo = {
    contextName: chosen.contextName,
    clusterName: chosen.clusterName || server.host,
    server: server.href.replace(/\/$/, ""),
    namespace: chosen.namespace,
    caSha256: base.ca === undefined ? undefined : caFingerprint(base.ca),
  };
  return { info, server, proxy, ...renewingAccess(source, base, impersonationHeaders(chosen.user)) };
}

async function findKubeconfig(options: AccessOptions): Promise<Kubeconfig> {
  const config = await loadKubeconfig(options.kubeconfig, options.env);
  const isEmpty = config.contexts.size === 0 && config.clusters.size === 0 && config.users.size === 0;
  if (!isEmpty || options.kubeconfig) return config;
  return (await inClusterKubeconfig(options.env, options.serviceAccountFolder)) ?? config;
}

function noCluster(chosen: Chosen): Failure {
  if (chosen.clusterName !== "") {
    return new Failure("kubeconfig-broken", `the kubeconfig's cluster "${chosen.clusterName}" has no server`);
  }
  return chosen.contextName === ""
    ? new Failure(
        "kubeconfig-broken",
        "no cluster is chosen: there is no kubeconfig with a current context",
        {
          hint: "set KUBECONFIG, or choose with --context (kubectl config get-contexts lists them)",
        },
      )
    : new Failure("kubeconfig-broken", `the kubeconfig's context "${chosen.contextName}" names no cluster`);
}
