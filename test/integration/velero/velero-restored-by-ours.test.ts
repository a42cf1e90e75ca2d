import { expect, test } from "vitest";
import { compareAll } from "./compare-all.ts";
import { loseClusterScoped, mappingArgument, settled } from "./site.ts";
import { useSite } from "./use-site.ts";

const THEIRS = "theirs";

const used = useSite({
  prepare: async ({ site, selection }) => {
    await site.velero.cli(["backup", "create", THEIRS, ...selection]);
    expect(await site.velero.waitForBackup(THEIRS)).toMatchObject({ status: { phase: "Completed" } });
  },
});

test("get lists a backup that Velero made", async () => {
  const { site, content } = used();
  const { stdout } = await site.ours(["get", "-o", "json"]);
  const { backups } = JSON.parse(stdout) as { readonly backups: readonly { readonly itemCount: number }[] };
  expect(backups).toMatchObject([
    {
      name: THEIRS,
      origin: "velero",
      phase: "Completed",
      errorCount: 0,
      includedNamespaces: content.namespaces,
    },
  ]);
  expect(backups[0]?.itemCount).toBeGreaterThanOrEqual(content.originals.length);
});

test("describe counts what lies in a backup that Velero made", async () => {
  const { site, content } = used();
  const { stdout } = await site.ours(["describe", THEIRS]);
  expect(stdout).toMatch(/^Made by: +velero$/m);
  const configMaps = content.originals.filter(({ kind }) => kind === "ConfigMap").length;
  expect(stdout).toMatch(new RegExp(`^configmaps +v1 +${configMaps} +2$`, "m"));
  expect(stdout).toMatch(new RegExp(`^machines\\.${content.marker}\\.example\\.com +v1 +2 +1$`, "m"));
});

test("logs prints Velero's log to the letter", async () => {
  const { site } = used();
  const { stdout } = await site.ours(["logs", THEIRS]);
  expect(stdout.trimEnd()).toBe((await site.velero.cli(["backup", "logs", THEIRS])).trimEnd());
});

// A backup of Velero's does not say which cluster it was made of: hence --yes.
test("we restore all of a backup that Velero made, each object as it was", async () => {
  const { client, site, content, copies, selection } = used();
  await loseClusterScoped(client, content);
  const mapping = ["--namespace-mapping", mappingArgument(copies)];
  const status = ["--include-status", `machines.${content.marker}.example.com`];
  await site.ours(["restore", THEIRS, "--yes", ...selection, ...mapping, ...status]);
  const restored = await settled(client, { namespaces: Object.values(copies), marker: content.marker });
  expect(compareAll({ originals: content.originals, restored, namespaces: copies })).toEqual([]);
});
