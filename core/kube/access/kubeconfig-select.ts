import { Failure } from "#core/model/errors.ts";
import type { AccessOptions } from "./access.ts";
import type { UserEntry } from "./kubeconfig.ts";
import {
  type ClusterEntry,
  type ContextEntry,
  EMPTY_CLUSTER,
  EMPTY_USER,
  type Kubeconfig,
} from "./kubeconfig.ts";
import { nearNames } from "./kubeconfig-near-names.ts";

export interface Chosen {
  readonly contextName: string;
  readonly clusterName: string;
  readonly namespace: string;
  readonly cluster: ClusterEntry;
  readonly user: UserEntry;
}

/** Which cluster as which user: the context's entries, replaced by --cluster and --user, then field by field by flags. */
export function selectFromKubeconfig(config: Kubeconfig, options: AccessOptions): Chosen {
  const contextName = options.context || config.currentContext || "";
  const context: ContextEntry | undefined =
    contextName === "" ? undefined : entry(config.contexts, "context", contextName);
  const clusterName = options.cluster || context?.cluster || "";
  const userName = options.user || context?.user || "";
  const cluster = clusterName === "" ? EMPTY_CLUSTER : entry(config.clusters, "cluster", clusterName);
  const user = userName === "" ? EMPTY_USER : entry(config.users, "user", userName);
  return {
    contextName,
    clusterName,
    namespace: options.namespace || context?.namespace || "default",
    cluster: overrideCluster(cluster, options),
    user: overrideUser(user, options),
  };
}

function entry<T>(entries: ReadonlyMap<string, T>, kind: string, name: string): T {
  const found = entries.get(name);
  if (found !== undefined) return found;
  const near = nearNames(name, entries.keys()).map((other) => `"${other}"`);
  const there = near.length === 0 ? "the kubeconfig has none" : `there is ${near.join(", ")}`;
  throw new Failure("context-unknown", `the kubeconfig has no ${kind} "${name}": ${there}`);
}

function overrideCluster(cluster: ClusterEntry, options: AccessOptions): ClusterEntry {
  // An authority given by flag replaces the file's in either spelling; --insecure-skip-tls-verify does without any.
  const otherAuthority = Boolean(options.certificateAuthority || options.insecureSkipTlsVerify);
  // The name to verify belongs to the address: with another --server the file's name would be wrong.
  const otherName = Boolean(options.tlsServerName || options.server);
  return {
    ...cluster,
    server: options.server || cluster.server,
    certificateAuthority: otherAuthority ? options.certificateAuthority : cluster.certificateAuthority,
    certificateAuthorityData: otherAuthority ? undefined : cluster.certificateAuthorityData,
    insecureSkipTlsVerify: options.insecureSkipTlsVerify ?? cluster.insecureSkipTlsVerify,
    tlsServerName: otherName ? options.tlsServerName : cluster.tlsServerName,
    proxyUrl: options.proxyUrl || cluster.proxyUrl,
  };
}

function overrideUser(user: UserEntry, options: AccessOptions): UserEntry {
  return {
    ...user,
    ...(options.clientCertificate
      ? { clientCertificate: options.clientCertificate, clientCertificateData: undefined }
      : {}),
    ...(options.clientKey ? { clientKey: options.clientKey, clientKeyData: undefined } : {}),
    ...(options.token ? { token: options.token, tokenFile: undefined } : {}),
    as: options.as || user.as,
    asGroups: options.asGroups?.length ? options.asGroups : user.asGroups,
    asUid: options.asUid || user.asUid,
    asUserExtra: { ...user.asUserExtra, ...extraFromFlags(options.asUserExtra ?? []) },
  };
}

function extraFromFlags(flags: readonly string[]): Record<string, readonly string[]> {
  const extra = new Map<string, readonly string[]>();
  for (const flag of flags) {
    const split = flag.indexOf("=");
    if (split < 1) throw new Failure("usage", `--as-user-extra wants key=value, not "${flag}"`);
    const key = flag.slice(0, split);
    extra.set(key, [...(extra.get(key) ?? []), flag.slice(split + 1)]);
  }
  return Object.fromEntries(extra);
}
