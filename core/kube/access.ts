import type { ClusterInfo } from "./cluster.ts";
import type { ProxyTarget } from "./proxy.ts";

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
