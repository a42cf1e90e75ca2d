import { afterAll, beforeAll } from "vitest";
import type { KubeClient } from "#test/harness/kube-client.ts";
import { sharedCluster } from "#test/harness/shared.ts";
import type { VeleroOptions } from "#test/harness/velero.ts";
import { type Content, copyNames, createContent, openSite, removeContent, type Site } from "./site.ts";

export type UsedSite = {
  readonly client: KubeClient;
  readonly site: Site;
  readonly content: Content;
  /** Where the content's namespaces are restored to: old → new. */
  readonly copies: Readonly<Record<string, string>>;
  /** The flags that select all of the content, in our words and in Velero's. */
  readonly selection: readonly string[];
};

export type SiteOptions = {
  readonly features?: VeleroOptions["features"];
  /** Whether the many objects of the bench belong to the content; as a rule they do. */
  readonly bench?: boolean;
  /** Makes the backups that the tests are about. */
  readonly prepare: (used: UsedSite) => Promise<void>;
};

/** Content, a Velero beside our program, and backups of the one by the other, for the tests of one file. */
export function useSite({ features = [], bench = true, prepare }: SiteOptions): () => UsedSite {
  const client = sharedCluster().adminClient();
  let content: Content | undefined;
  let site: Site | undefined;
  let used: UsedSite | undefined;
  beforeAll(async () => {
    content = await createContent(client, { bench });
    site = await openSite(features);
    const { namespaces } = content;
    const selection = ["--include-namespaces", namespaces.join(","), "--include-cluster-resources=true"];
    used = { client, site, content, copies: copyNames(namespaces), selection };
    await prepare(used);
  });
  afterAll(async () => {
    await site?.stop();
    if (content !== undefined) await removeContent(client, content);
    client.close();
  });
  return () => {
    if (used === undefined) throw new Error("the site is there when the first test begins, not before");
    return used;
  };
}
