import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { issueClient } from "#test/harness/certificates.ts";
import { writeKubeconfig } from "#test/harness/kubeconfig.ts";
import type { ServerProcess } from "#test/harness/processes.ts";
import { startProcess } from "#test/harness/processes.ts";
import { INSIDE } from "./namespaces.ts";
import { NODE_NAME, type NodeSite } from "./node-site.ts";

/** Starts kube-proxy: what makes Services reachable from pods. */
export async function startKubeProxy(site: NodeSite): Promise<ServerProcess> {
  const { directory, lifetime, enter, bin, server, ca } = site;
  const client = await issueClient(ca, { user: "system:kube-proxy" });
  const kubeconfig = { server, ca: ca.cert, credentials: { client } };
  await writeKubeconfig(join(directory, "kube-proxy.kubeconfig"), kubeconfig);
  await writeFile(join(directory, "kube-proxy.json"), JSON.stringify(configuration(site), null, 2));
  const [command = "", ...args] = [...enter, join(bin, "kube-proxy"), `--config=${INSIDE}/kube-proxy.json`];
  return startProcess({ name: "kube-proxy", command, args, directory, lifetime });
}

function configuration({ network }: NodeSite): unknown {
  return {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    clientConnection: { kubeconfig: `${INSIDE}/kube-proxy.kubeconfig` },
    mode: "iptables",
    clusterCIDR: network.podRange,
    hostnameOverride: NODE_NAME,
    oomScoreAdj: 0,
    // The limits of connection tracking are the whole machine's: left alone.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
  };
}
