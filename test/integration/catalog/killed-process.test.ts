import { spawnSync } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { systemClock } from "#core/catalog/clock.ts";
import { systemProcesses } from "#core/catalog/process-identity.ts";
import { DirectoryStore } from "#core/storage/directory/directory-store.ts";
import { scratchDirectory } from "#test/harness/scratch.ts";
import {
  makeCatalog,
  makeFacts,
  makeRun,
  readBackup,
  SOME_ITEMS,
  writeBackup,
} from "#test/unit/catalog/backup-fixtures.ts";

const WRITER = fileURLToPath(new URL("./killed-writer.ts", import.meta.url));

function runWriter(root: string, end: number | "remove") {
  return spawnSync(process.execPath, [WRITER, root, String(end)], { encoding: "utf8" });
}

function catalogIn(root: string) {
  const store = new DirectoryStore(`file://${root}`, join(root, "store"));
  const folders = { cacheFolder: join(root, "cache"), tempFolder: join(root, "temp-2") };
  return makeCatalog({ store, folders, processes: systemProcesses, clock: systemClock });
}

test("a process killed at any call leaves a whole backup or none, and the same name then succeeds at once", async () => {
  const whole = await scratchDirectory("whole");
  const calls = Number(runWriter(whole.path, 0).stdout);
  await whole.remove();
  expect(calls).toBeGreaterThan(15);
  // One call of four, from the claim to its removal: each costs the start of a process.
  for (let n = 2; n <= calls; n += 4) {
    const { path, remove } = await scratchDirectory("killed");
    expect(runWriter(path, n).signal).toBe("SIGKILL");
    // The folder for temporary files itself is made with the first of them.
    expect(await readdir(join(path, "temp")).catch(() => [])).toEqual([]);
    await expectSuccessNow(path);
    await remove();
  }
});

test("of a process killed between its commit and the removal of its claim the next backup removes the claim", async () => {
  const { path, remove } = await scratchDirectory("killed");
  expect(runWriter(path, "remove").signal).toBe("SIGKILL");
  const folder = join(path, "store/backups/web");
  expect((await readdir(folder)).filter((file) => file.includes("claim"))).toHaveLength(1);
  await writeBackup(catalogIn(path), makeFacts("other"));
  expect(await readdir(folder)).toHaveLength(8);
  expect(await readBackup(catalogIn(path), "web")).toHaveLength(SOME_ITEMS.length);
  await remove();
});

async function expectSuccessNow(root: string): Promise<void> {
  const catalog = catalogIn(root);
  const isThere = (await catalog.list(makeRun().context)).length > 0;
  if (isThere) await catalog.remove("web", makeRun().context);
  await writeBackup(catalog, makeFacts("web"));
  const found = await readBackup(catalog, "web");
  expect(found.filter((result) => result.ok)).toHaveLength(SOME_ITEMS.length);
  // Hidden files are the store's own: half-written ones of the killed process.
  expect(await readdir(join(root, "store/backups/web"))).toHaveLength(8);
}
