import { expect, test } from "vitest";
import { loseClusterScoped } from "#test/fixtures/every-kind.ts";
import { settled } from "#test/fixtures/every-object.ts";
import { IN_VELEROS_BACKUP_ONLY, RESTORED_BY_VELERO } from "#test/fixtures/velero-differences.ts";
import { compareAll } from "#test/harness/compare-all.ts";
import type { IgnoredPath } from "#test/harness/ignored-paths.ts";
import { missingIn, restoredByVelero } from "./restored-by-velero.ts";
import { copyNames, mappingArgument, removeNamespaces } from "./site.ts";
import { useSite } from "./use-site.ts";

const [THEIRS, OURS] = ["theirs", "ours"];

const used = useSite({
  prepare: async ({ site, selection }) => {
    await site.velero.cli(["backup", "create", THEIRS, ...selection]);
    expect(await site.velero.waitForBackup(THEIRS)).toMatchObject({ status: { phase: "Completed" } });
    await site.ours(["create", OURS, ...selection]);
  },
});

test("get lists a backup that Velero made", async () => {
  const { site, content } = used();
  const { stdout } = await site.ours(["get", "-o", "json"]);
  const { backups } = JSON.parse(stdout) as {
    readonly backups: readonly { readonly name: string; readonly itemCount: number }[];
  };
  expect(backups.filter(({ name }) => name === THEIRS)).toMatchObject([
    {
      name: THEIRS,
      origin: "velero",
      phase: "Completed",
      errorCount: 0,
      includedNamespaces: content.namespaces,
    },
  ]);
  expect(backups.find(({ name }) => name === THEIRS)?.itemCount).toBeGreaterThanOrEqual(
    content.originals.length,
  );
});

test("describe counts what lies in a backup that Velero made", async () => {
  const { site, content } = used();
  const { stdout } = await site.ours(["describe", THEIRS, "-o", "wide"]);
  expect(stdout).toMatch(/^Made by: +velero$/m);
  const configMaps = content.originals.filter(({ kind }) => kind === "ConfigMap").length;
  expect(stdout).toMatch(new RegExp(`^configmaps +v1 +${configMaps} +${content.namespaces.length}$`, "m"));
  expect(stdout).toMatch(new RegExp(`^machines\\.${content.marker}\\.example\\.com +v1 +3 +1$`, "m"));
});

test("logs prints Velero's log to the letter", async () => {
  const { site } = used();
  const { stdout } = await site.ours(["logs", THEIRS]);
  expect(stdout.trimEnd()).toBe((await site.velero.cli(["backup", "logs", THEIRS])).trimEnd());
});

// A backup of Velero's does not say which cluster it was made of: hence --yes.
test("we restore all of a backup that Velero made, each object as it was", async () => {
  const { client, site, content, copies, selection } = used();
  await loseClusterScoped(client, content, { keepNamespaces: true });
  const mapping = ["--namespace-mapping", mappingArgument(copies)];
  const status = ["--include-status", `machines.${content.marker}.example.com`];
  await site.ours(["restore", THEIRS, "--yes", ...selection, ...mapping, ...status]);
  const restored = await settled(client, { namespaces: Object.values(copies), marker: content.marker });
  expect(compareAll({ originals: content.originals, restored, namespaces: copies })).toEqual([]);
});

test("Velero restores its own backup with the differences that the docs tell, and no others", async () => {
  const { content } = used();
  const namespaces = copyNames(content.namespaces, "velero");
  const restored = await restoredByVelero(used(), { name: "back", backup: THEIRS, namespaces });
  const differences = (ignore: readonly IgnoredPath[]) =>
    compareAll({ originals: content.originals, restored, namespaces, ignore });
  const missing = missingIn(namespaces[content.namespace]);
  expect(differences(RESTORED_BY_VELERO)).toEqual(missing);
  for (const one of RESTORED_BY_VELERO) {
    const others = RESTORED_BY_VELERO.filter((it) => it !== one);
    expect(differences(others).length, one.path.join(".")).toBeGreaterThan(missing.length);
  }
  await removeNamespaces(Object.values(namespaces));
});

test("Velero's backup holds objects that ours leaves out, of the kinds that the docs tell", async () => {
  const [theirs, ours] = await Promise.all([countsOf(THEIRS), countsOf(OURS)]);
  const more = [...theirs].filter(([kind, count]) => count > (ours.get(kind) ?? 0)).map(([kind]) => kind);
  expect(more.toSorted()).toEqual(Object.keys(IN_VELEROS_BACKUP_ONLY).toSorted());
});

/** Items by kind. */
async function countsOf(backup: string): Promise<ReadonlyMap<string, number>> {
  const { stdout } = await used().site.ours(["describe", backup, "-o", "json"]);
  const { inventory } = JSON.parse(stdout) as {
    readonly inventory: readonly {
      readonly group: string;
      readonly resource: string;
      readonly count: number;
    }[];
  }; // what describe says lies in a backup
  return new Map(
    inventory.map(({ group, resource, count }) => [group === "" ? resource : `${resource}.${group}`, count]),
  );
}
