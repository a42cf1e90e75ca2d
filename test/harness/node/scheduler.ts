import { join } from "node:path";
import { issueClient } from "#test/harness/certificates.ts";
import { writeKubeconfig } from "#test/harness/kubeconfig.ts";
import { freePort } from "#test/harness/ports.ts";
import type { ServerProcess } from "#test/harness/processes.ts";
import { startProcess } from "#test/harness/processes.ts";
import type { NodeSite } from "./node-site.ts";

/** Starts kube-scheduler, beside the control plane: it needs nothing of the node. */
export async function startScheduler({
  directory,
  lifetime,
  bin,
  server,
  ca,
}: NodeSite): Promise<ServerProcess> {
  const client = await issueClient(ca, { user: "system:kube-scheduler" });
  const kubeconfig = join(directory, "scheduler.kubeconfig");
  await writeKubeconfig(kubeconfig, { server, ca: ca.cert, credentials: { client } });
  return startProcess({
    name: "scheduler",
    command: join(bin, "kube-scheduler"),
    directory,
    lifetime,
    args: [
      `--kubeconfig=${kubeconfig}`,
      `--authentication-kubeconfig=${kubeconfig}`,
      `--authorization-kubeconfig=${kubeconfig}`,
      "--bind-address=127.0.0.1",
      `--secure-port=${await freePort()}`,
      `--cert-dir=${directory}`,
      "--leader-elect=false",
    ],
  });
}
