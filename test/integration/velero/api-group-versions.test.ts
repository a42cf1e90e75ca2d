// Velero's feature EnableAPIGroupVersions stores and reads each object once for each version of its group. Our backups
// hold one version and say so by their format version; from Velero's we take the preferred one.
import { afterAll, expect, test } from "vitest";
import { compareAll } from "./compare-all.ts";
import { RESTORED_BY_VELERO } from "./restored-by-velero.ts";
import { loseClusterScoped, removeNamespaces, settled } from "./site.ts";
import { useSite } from "./use-site.ts";

const used = useSite({
  features: ["EnableAPIGroupVersions"],
  bench: false,
  prepare: async ({ site, selection }) => {
    await site.velero.cli(["backup", "create", "theirs", ...selection]);
    expect(await site.velero.waitForBackup("theirs")).toMatchObject({ status: { phase: "Completed" } });
    await site.ours(["create", "ours", ...selection]);
    await site.velero.waitForBackup("ours");
  },
});

afterAll(() => removeNamespaces(["theirs", "ours"].map((suffix) => `${used().content.namespace}-${suffix}`)));

test("we restore a backup that holds every version of each object", async () => {
  const { client, site, content, selection } = used();
  await loseClusterScoped(client, content);
  const target = `${content.namespace}-theirs`;
  const mapping = `${content.namespace}:${target}`;
  const how = [
    "--yes",
    "--namespace-mapping",
    mapping,
    "--include-status",
    `machines.${content.marker}.example.com`,
  ];
  await site.ours(["restore", "theirs", ...selection, ...how]);
  expect(await differences(target)).toEqual([]);
});

test("a Velero that looks for versions restores our backup, which has one", async () => {
  const { client, site, content, selection } = used();
  await loseClusterScoped(client, content);
  const target = `${content.namespace}-ours`;
  const mapping = ["--namespace-mappings", `${content.namespace}:${target}`];
  await site.velero.cli(["restore", "create", "back", "--from-backup", "ours", ...selection, ...mapping]);
  const { status } = await site.velero.waitForRestore("back");
  expect(status).toMatchObject({ phase: "Completed" });
  expect(status).not.toHaveProperty("errors");
  expect(await differences(target, RESTORED_BY_VELERO)).toEqual([]);
});

async function differences(
  target: string,
  ignore: typeof RESTORED_BY_VELERO = [],
): Promise<readonly string[]> {
  const { client, content } = used();
  const restored = await settled(client, { namespaces: [target], marker: content.marker });
  const namespaces = { [content.namespace]: target };
  return compareAll({ originals: content.originals, restored, namespaces, ignore });
}
