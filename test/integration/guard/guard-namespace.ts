import { eventually } from "#test/harness/eventually.ts";
import type { KubeClient } from "#test/harness/kube-client.ts";

const PATH = "/api/v1/namespaces/kubectl-backup";

/** The guard's namespace in a cluster that tests share, empty: whoever had it before may have left it, or just deleted it. */
export async function makeGuardNamespace(client: KubeClient): Promise<void> {
  await removeGuardNamespace(client);
  const metadata = { name: "kubectl-backup" };
  await client.create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata });
}

/** And waits for its end. */
export async function removeGuardNamespace(client: KubeClient): Promise<void> {
  // On its way out already, it is refused to some: what counts is that it goes.
  await client.request("DELETE", PATH);
  await eventually("the namespace is gone", async () => (await client.find(PATH)) === undefined);
}
