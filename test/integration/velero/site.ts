// A Velero and our program at one bucket and one prefix of it, and the content that both save: a namespace of the bench
// and one with every kind.
import { createBenchContent } from "#test/fixtures/bench-content.ts";
import {
  createEveryKind,
  deleteClusterScoped,
  type FixtureSite,
  namespacesOf,
} from "#test/fixtures/every-kind.ts";
import { settled } from "#test/fixtures/every-object.ts";
import type { KubeClient } from "#test/harness/kube-client.ts";
import type { KubeObject } from "#test/harness/kube-object.ts";
import { type CliResult, runCli } from "#test/harness/run-cli.ts";
import { s3Environment } from "#test/harness/s3-server.ts";
import { sharedCluster, sharedS3, uniqueName } from "#test/harness/shared.ts";
import { startVelero, type Velero, type VeleroOptions } from "#test/harness/velero.ts";

export type Site = {
  readonly velero: Velero;
  /** Runs our program against the same cluster and the same location; throws unless it ends with 0. */
  ours(args: readonly string[]): Promise<CliResult>;
  stop(): Promise<void>;
};

export type Content = FixtureSite & {
  readonly namespaces: readonly string[];
  /** As the server had them before anything was saved. */
  readonly originals: readonly KubeObject[];
};

/**
 * To be opened after the content was made: a Velero learns new kinds every five minutes only, and leaves the objects of
 * those it does not know out of its backups without a word.
 */
export async function openSite(features: NonNullable<VeleroOptions["features"]> = []): Promise<Site> {
  const [cluster, s3, prefix] = [sharedCluster(), sharedS3(), uniqueName("velero")];
  const velero = await startVelero({ cluster, s3, prefix, namespace: prefix, features });
  const location = `s3://${s3.bucket}/${prefix}?endpoint=${s3.endpoint}&pathStyle=true`;
  const options = { kubeconfig: cluster.kubeconfigPath, env: s3Environment(s3) };
  return {
    velero,
    ours: async (args) => {
      const result = await runCli([...args, "--location", location], options);
      if (result.code !== 0) throw new Error(`${args.join(" ")}: ${result.code}\n${result.stderr}`);
      return result;
    },
    stop: async () => {
      await velero.stop();
      await removeNamespaces([prefix]);
    },
  };
}

/** `bench: false` leaves the many objects of the bench out, where one of every kind is enough. */
export async function createContent(
  client: KubeClient,
  { bench = true }: { readonly bench?: boolean } = {},
): Promise<Content> {
  const marker = uniqueName("every");
  const many = bench ? [uniqueName("bench")] : [];
  const namespaces = [...namespacesOf({ namespace: marker }), ...many];
  await createBenchContent(client, many);
  await createEveryKind(client, { namespace: marker, marker });
  return { namespace: marker, marker, namespaces, originals: await settled(client, { namespaces, marker }) };
}

/** Starts to delete the namespaces and everything cluster-scoped of the content. */
export async function removeContent(client: KubeClient, content: Content): Promise<void> {
  await deleteClusterScoped(client, content, { keepNamespaces: true });
  await removeNamespaces([...content.namespaces, ...Object.values(copyNames(content.namespaces))]);
}

export async function removeNamespaces(names: readonly string[]): Promise<void> {
  await sharedCluster().adminKubectl(["delete", "namespace", "--wait=false", "--ignore-not-found", ...names]);
}

/** Old → new. */
export function copyNames(namespaces: readonly string[], suffix = "copy"): Readonly<Record<string, string>> {
  return Object.fromEntries(namespaces.map((name) => [name, `${name}-${suffix}`]));
}

export function mappingArgument(names: Readonly<Record<string, string>>): string {
  return Object.entries(names)
    .map((pair) => pair.join(":"))
    .join(",");
}
