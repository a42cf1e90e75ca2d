import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { issueClient, issueServer } from "#test/harness/certificates.ts";
import { writeKubeconfig } from "#test/harness/kubeconfig.ts";
import type { ServerProcess } from "#test/harness/processes.ts";
import { startProcess } from "#test/harness/processes.ts";
import { cgroupOf } from "./cgroups.ts";
import { CONTAINERD_SOCKET } from "./container-runtime.ts";
import { INSIDE } from "./namespaces.ts";
import { NODE_NAME, type NodeSite } from "./node-site.ts";

/** Starts the kubelet; it registers the node by itself. */
export async function startKubelet(site: NodeSite): Promise<ServerProcess> {
  const { directory, lifetime, enter, bin, server, ca, network } = site;
  const file = (name: string) => join(directory, name);
  const user = { user: `system:node:${NODE_NAME}`, groups: ["system:nodes"] };
  const client = await issueClient(ca, user);
  const serving = await issueServer(ca, [NODE_NAME, network.nodeAddress]);
  await writeKubeconfig(file("kubelet.kubeconfig"), { server, ca: ca.cert, credentials: { client } });
  await writeFile(file("kubelet.crt"), serving.cert, { mode: 0o600 });
  await writeFile(file("kubelet.key"), serving.key, { mode: 0o600 });
  await writeFile(file("kubelet.json"), JSON.stringify(configuration(site), null, 2), { mode: 0o600 });
  const flags = [
    `--config=${INSIDE}/kubelet.json`,
    `--kubeconfig=${INSIDE}/kubelet.kubeconfig`,
    `--root-dir=${INSIDE}/kubelet`,
    `--hostname-override=${NODE_NAME}`,
    `--node-ip=${network.nodeAddress}`,
  ];
  const [command = "", ...args] = [...enter, join(bin, "kubelet"), ...flags];
  return startProcess({ name: "kubelet", command, args, directory, lifetime });
}

function configuration({ network }: NodeSite): unknown {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: network.nodeAddress,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: `${INSIDE}/ca.crt` },
    },
    authorization: { mode: "Webhook" },
    tlsCertFile: `${INSIDE}/kubelet.crt`,
    tlsPrivateKeyFile: `${INSIDE}/kubelet.key`,
    containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
    podLogsDir: `${INSIDE}/pod-logs`,
    volumePluginDir: `${INSIDE}/volume-plugins`,
    cgroupDriver: "cgroupfs",
    cgroupRoot: cgroupOf(network.number),
    enforceNodeAllocatable: [],
    failCgroupV1: false,
    failSwapOn: false,
    // Without CAP_SYS_RESOURCE it cannot be lowered.
    oomScoreAdj: 0,
    // The machine's own name servers are none of the pods' business, and there is no cluster DNS.
    resolvConf: "",
    // A disk that is full for other reasons must not cost pods or images.
    evictionHard: { "memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%" },
    imageGCHighThresholdPercent: 100,
  };
}
