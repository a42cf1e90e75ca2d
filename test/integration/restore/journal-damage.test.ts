import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "#test/harness/eventually.ts";
import { faultyKubeProxy } from "#test/harness/faulty-proxy.ts";
import { runCli, startCli } from "#test/harness/run-cli.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { directoryLocation } from "#test/integration/cli/test-location.ts";
import { configMap, namespace } from "./rig.ts";

const cluster = sharedCluster();
const admin = cluster.adminClient();
const app = uniqueName("app");
let proxy: Awaited<ReturnType<typeof faultyKubeProxy>>;
let location: Awaited<ReturnType<typeof directoryLocation>>;

beforeAll(async () => {
  proxy = await faultyKubeProxy(cluster);
  location = await directoryLocation();
  await admin.apply([namespace(app), ...["a", "b", "c"].map((name) => configMap(app, name))]);
  const made = await cli("create", "b1", "-n", app);
  expect(made.code, made.stderr).toBe(0);
});
afterAll(async () => {
  await proxy.stop();
  await location.remove();
  admin.close();
});

const cli = (...args: readonly string[]) =>
  runCli([...args, "--location", location.url], { kubeconfig: cluster.kubeconfigPath });

const journalOf = (restore: string) => join(location.path, "restores", restore);

async function journalParts(restore: string): Promise<readonly string[]> {
  const names = await readdir(journalOf(restore)).catch(() => []);
  return names.filter((name) => name.startsWith("kubectl-backup-journal-"));
}

/** Kills a restore that has created two of three and told so, and lets the disk rot below its journal. */
async function breakOff(restore: string, args: readonly string[], copy: string): Promise<void> {
  proxy.add({
    when: ({ method, path }) => method === "POST" && path.endsWith(`/${copy}/configmaps`),
    after: 2,
    fault: { delayMs: 600_000 },
  });
  const all = [...args, "--name", restore, "--location", location.url];
  const running = await startCli(all, { kubeconfig: proxy.kubeconfigPath });
  await eventually("two of three", async () => {
    const there = await admin.list(`/api/v1/namespaces/${copy}/configmaps`).catch(() => []);
    return there.filter(({ metadata }) => ["a", "b", "c"].includes(metadata.name)).length === 2;
  });
  await eventually("a part of the journal", async () => (await journalParts(restore)).length > 0);
  running.signal("SIGKILL");
  expect((await running.result).signal).toBe("SIGKILL");
  proxy.clear();
  for (const part of await journalParts(restore)) await writeFile(join(journalOf(restore), part), "rotten");
}

it("a restore whose journal has rotted is completed all the same: it goes by what is in the cluster", async () => {
  const [copy, restore] = [uniqueName("copy"), uniqueName("r")];
  const args = ["restore", "b1", "--namespace-mapping", `${app}:${copy}`, "--wait=false"];
  await breakOff(restore, args, copy);
  const watched = await cli("watch", restore);
  expect(watched.code, watched.stderr).toBe(3);
  expect(`${watched.stdout}${watched.stderr}`).toMatch(/part 1 of the journal cannot be read/);

  const end = await cli(...args, "--resume", restore);
  expect(end.code, end.stderr).toBe(0);
  const configMaps = await admin.list(`/api/v1/namespaces/${copy}/configmaps`);
  expect(configMaps.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(["a", "b", "c"]));

  const plan = await cli("restore", "--undo", restore, "--created", "--dry-run");
  expect(plan.code, plan.stderr).toBe(3);
  expect(plan.stderr).toMatch(/part 1 of the journal cannot be read .*: what it tells is not taken back/);
  const undone = await cli("restore", "--undo", restore, "--created", "--yes");
  expect(undone.code, undone.stderr).toBe(3);
  expect(`${undone.stdout}${undone.stderr}`).toMatch(/part 1 of the journal cannot be read/);
  // The run that went on with it has told of them again.
  await eventually(
    "the copy to be gone",
    async () => (await admin.find(`/api/v1/namespaces/${copy}`)) === undefined,
  );
});
