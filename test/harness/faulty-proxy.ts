import { join } from "node:path";
import { createAuthority, issueClient, issueServer } from "./certificates.ts";
import type { ClusterHandle } from "./cluster-handle.ts";
import type { Rule } from "./faults.ts";
import { readIdentity, writeKubeconfig } from "./kubeconfig.ts";
import type { FaultyProxy } from "./reverse-proxy.ts";
import { startReverseProxy } from "./reverse-proxy.ts";
import type { S3Address } from "./s3-client.ts";
import { signS3 } from "./s3-signature.ts";
import { scratchDirectory } from "./scratch.ts";

export type FaultyKubeProxy = FaultyProxy & {
  /** Leads through the proxy, as administrator. */
  readonly kubeconfigPath: string;
};

/** A faulty proxy in front of the API server, and the kubeconfig that leads through it. */
export async function faultyKubeProxy(
  cluster: Pick<ClusterHandle, "kubeconfigPath">,
  rules: readonly Rule[] = [],
  options: { readonly http1Only?: boolean } = {},
): Promise<FaultyKubeProxy> {
  const { server, ca, client } = await readIdentity(cluster.kubeconfigPath);
  const authority = await createAuthority("faulty-proxy");
  const serving = await issueServer(authority, ["127.0.0.1", "localhost"]);
  const proxy = await startReverseProxy({
    ...options,
    rules,
    target: server,
    upstream: { ca, client },
    serving,
  });
  const scratch = await scratchDirectory("proxy");
  const kubeconfigPath = await writeKubeconfig(join(scratch.path, "kubeconfig"), {
    server: proxy.url,
    ca: authority.cert,
    // The proxy asks for no certificate; towards the server it presents the administrator's own.
    credentials: { client: await issueClient(authority, { user: "whoever" }) },
  });
  const stop = async () => {
    await proxy.stop();
    await scratch.remove();
  };
  return { ...proxy, kubeconfigPath, stop };
}

/** A faulty proxy in front of the S3 server; it is itself the address that leads through it. */
export async function faultyS3Proxy(
  s3: S3Address,
  rules: readonly Rule[] = [],
): Promise<FaultyProxy & S3Address> {
  const proxy = await startReverseProxy({
    target: s3.endpoint,
    rules,
    sign: ({ headers, ...request }) => {
      const signed = Object.entries(headers).filter(([name]) => name === "host" || name.startsWith("x-amz-"));
      return { ...headers, authorization: signS3({ ...request, headers: Object.fromEntries(signed) }, s3) };
    },
  });
  return { ...s3, ...proxy, endpoint: proxy.url };
}
