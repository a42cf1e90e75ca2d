// Velero's feature EnableAPIGroupVersions stores and reads each object once for each version of its group. Our backups
// hold one version and say so by their format version; from Velero's we take the preferred one.
import { afterAll, expect, test } from "vitest";
import { loseClusterScoped } from "#test/fixtures/every-kind.ts";
import { settled } from "#test/fixtures/every-object.ts";
import { RESTORED_BY_VELERO } from "#test/fixtures/velero-differences.ts";
import { compareAll } from "#test/harness/compare-all.ts";
import { missingIn, restoredByVelero } from "./restored-by-velero.ts";
import { copyNames, mappingArgument, removeNamespaces } from "./site.ts";
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

/** Old → new. */
const copies = (suffix: "theirs" | "ours") => copyNames(used().content.namespaces, suffix);

afterAll(() => removeNamespaces([...Object.values(copies("theirs")), ...Object.values(copies("ours"))]));

test("we restore a backup that holds every version of each object", async () => {
  const { client, site, content, selection } = used();
  await loseClusterScoped(client, content, { keepNamespaces: true });
  const how = [
    "--yes",
    "--namespace-mapping",
    mappingArgument(copies("theirs")),
    "--include-status",
    `machines.${content.marker}.example.com`,
  ];
  await site.ours(["restore", "theirs", ...selection, ...how]);
  const namespaces = copies("theirs");
  const restored = await settled(client, { namespaces: Object.values(namespaces), marker: content.marker });
  expect(compareAll({ originals: content.originals, restored, namespaces })).toEqual([]);
});

test("a Velero that looks for versions restores our backup, which has one", async () => {
  const { content } = used();
  const namespaces = copies("ours");
  const restored = await restoredByVelero(used(), { name: "back", backup: "ours", namespaces });
  const { originals } = content;
  const found = compareAll({ originals, restored, namespaces, ignore: RESTORED_BY_VELERO });
  expect(found).toEqual(missingIn(namespaces[content.namespace]));
});
