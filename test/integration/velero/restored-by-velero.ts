import { expect } from "vitest";
import { loseClusterScoped } from "#test/fixtures/every-kind.ts";
import { settled } from "#test/fixtures/every-object.ts";
import { MISSING_AFTER_VELERO } from "#test/fixtures/velero-differences.ts";
import type { KubeObject } from "#test/harness/kube-object.ts";
import { mappingArgument } from "./site.ts";
import type { UsedSite } from "./use-site.ts";

type VeleroRestore = {
  readonly name: string;
  readonly backup: string;
  /** Old → new. */
  readonly namespaces: Readonly<Record<string, string>>;
};

/** What Velero brings back of all the content, after the loss of what is cluster-scoped. It is never told to bring a status. */
export async function restoredByVelero(
  { client, site, content, selection }: UsedSite,
  { name, backup, namespaces }: VeleroRestore,
): Promise<readonly KubeObject[]> {
  await loseClusterScoped(client, content, { keepNamespaces: true });
  const mapping = ["--namespace-mappings", mappingArgument(namespaces)];
  await site.velero.cli(["restore", "create", name, "--from-backup", backup, ...selection, ...mapping]);
  const { status } = await site.velero.waitForRestore(name);
  expect(status).toMatchObject({ phase: "PartiallyFailed", errors: MISSING_AFTER_VELERO.length });
  return settled(client, { namespaces: Object.values(namespaces), marker: content.marker });
}

/** What a comparison then says of the objects that Velero does not bring back. */
export function missingIn(namespace: string | undefined): readonly string[] {
  return MISSING_AFTER_VELERO.map(({ object }) => `${object.replace(" ", ` ${namespace}/`)}: missing`);
}
