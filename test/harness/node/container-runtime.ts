// containerd with folders and a socket of its own inside the node, and the network of its pods: each at the end of a
// wire of its own (CNI's ptp), so that all traffic is routed and passes kube-proxy's rules.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BUSYBOX } from "#test/fixtures/busybox-image.ts";
import { CNI_PLUGINS } from "#test/harness/prerequisites.ts";
import type { ServerProcess } from "#test/harness/processes.ts";
import { startProcess, waitUntilReady } from "#test/harness/processes.ts";
import { INSIDE, runInside } from "./namespaces.ts";
import type { NodeSite } from "./node-site.ts";

export const CONTAINERD_SOCKET = "/run/containerd/containerd.sock";

export async function startContainerRuntime({
  directory,
  lifetime,
  enter,
  network,
}: NodeSite): Promise<ServerProcess> {
  await mkdir(join(directory, "cni"));
  await writeFile(
    join(directory, "cni/10-pods.conflist"),
    JSON.stringify(podNetwork(network.podRange), null, 2),
  );
  await writeFile(join(directory, "containerd.toml"), CONFIG);
  const [command = "", ...args] = [...enter, "containerd", "--config", `${INSIDE}/containerd.toml`];
  const containerd = await startProcess({ name: "containerd", command, args, directory, lifetime });
  await waitUntilReady(containerd, () =>
    runInside(enter, ["ctr", "--address", CONTAINERD_SOCKET, "version"]).then(() => true),
  );
  return containerd;
}

function podNetwork(podRange: string): unknown {
  const ipam = {
    type: "host-local",
    ranges: [[{ subnet: podRange }]],
    routes: [{ dst: "0.0.0.0/0" }],
  };
  return {
    cniVersion: "1.0.0",
    name: "pods",
    plugins: [
      { type: "ptp", ipMasq: false, ipam },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  };
}

// Every pod's first container holds its namespaces and does nothing: busybox sleeps there, as it does by default.
// restrict_oom_score_adj: a machine may lack CAP_SYS_RESOURCE.
const CONFIG = `version = 2
root = "${INSIDE}/containerd"
state = "/run/containerd"

[grpc]
  address = "${CONTAINERD_SOCKET}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${BUSYBOX}"
  restrict_oom_score_adj = true

  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${CNI_PLUGINS}"
    conf_dir = "${INSIDE}/cni"
`;
