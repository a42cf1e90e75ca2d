import { expect, test } from "vitest";
import { RESTORED_BY_VELERO } from "#test/fixtures/velero-differences.ts";
import { compareAll } from "#test/harness/compare-all.ts";
import { uniqueName } from "#test/harness/shared.ts";
import { missingIn, restoredByVelero } from "./restored-by-velero.ts";
import { removeNamespaces } from "./site.ts";
import { useSite } from "./use-site.ts";

const OURS = "ours";

const used = useSite({
  prepare: async ({ site, selection }) => void (await site.ours(["create", OURS, ...selection])),
});

test("Velero keeps its location valid with our files in it, and takes our backup over as its own", async () => {
  const { site, content } = used();
  await site.velero.waitForLocation(3);
  const { metadata, status } = await site.velero.waitForBackup(OURS);
  expect(metadata.labels).toMatchObject({ "velero.io/storage-location": "default" });
  const { progress, ...rest } = status as { progress: { totalItems: number; itemsBackedUp: number } };
  expect(rest).toMatchObject({ phase: "Completed", formatVersion: "1", version: 1 });
  expect(progress.itemsBackedUp).toBe(progress.totalItems);
  expect(progress.totalItems).toBeGreaterThanOrEqual(content.originals.length);
});

test("velero backup describe and logs read our side files", async () => {
  const { site, content } = used();
  const description = await site.velero.cli(["backup", "describe", OURS, "--details", "--colorized=false"]);
  expect(description).toMatch(/^Phase: +Completed$/m);
  expect(description).not.toContain("<error");
  for (const { kind, metadata, apiVersion } of content.originals) {
    const name = metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
    expect(sectionOf(description, `${apiVersion}/${kind}`)).toContain(`    - ${name}`);
  }
  const logs = await site.velero.cli(["backup", "logs", OURS]);
  expect(logs).toMatch(/^time="[^"]+" level=info msg="configmaps \(v1\): \d+ objects/m);
});

test("Velero restores all of our backup, each object as it restores its own", async () => {
  const { content, copies } = used();
  await used().site.velero.waitForBackup(OURS);
  const restored = await restoredByVelero(used(), { name: "back", backup: OURS, namespaces: copies });
  const { originals } = content;
  const found = compareAll({ originals, restored, namespaces: copies, ignore: RESTORED_BY_VELERO });
  expect(found).toEqual(missingIn(copies[content.namespace]));
}, 240_000);

test("an object whose name is too long for a file comes back too, by Velero and by us", async () => {
  const { client, site } = used();
  const namespace = uniqueName("long");
  const longest = "n".repeat(253);
  const configMap = { apiVersion: "v1", kind: "ConfigMap", data: { key: "value" } };
  await client.apply([
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    { ...configMap, metadata: { namespace, name: longest } },
  ]);
  expect((await site.ours(["create", namespace, "-n", namespace])).stderr).not.toContain("warning");
  const [theirs, ours] = [`${namespace}-theirs`, `${namespace}-ours`];

  await site.velero.waitForBackup(namespace);
  const restore = ["restore", "create", namespace, "--from-backup", namespace];
  await site.velero.cli([...restore, "--namespace-mappings", `${namespace}:${theirs}`]);
  expect(await site.velero.waitForRestore(namespace)).toMatchObject({ status: { phase: "Completed" } });
  await site.ours(["restore", namespace, "--namespace-mapping", `${namespace}:${ours}`]);

  for (const copy of [theirs, ours]) {
    const back = await client.get(`/api/v1/namespaces/${copy}/configmaps/${longest}`);
    expect(back["data"]).toEqual(configMap.data);
  }
  await removeNamespaces([namespace, theirs, ours]);
});

/** Of `describe --details`: the names under a kind. */
function sectionOf(description: string, kind: string): readonly string[] {
  const lines = description.split("\n");
  const start = lines.indexOf(`  ${kind}:`);
  const end = lines.findIndex((line, index) => index > start && !line.startsWith("    - "));
  return start === -1 ? [] : lines.slice(start + 1, end === -1 ? undefined : end);
}
