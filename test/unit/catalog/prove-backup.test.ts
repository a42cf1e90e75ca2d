import { afterEach, beforeEach, expect, test } from "vitest";
import { listFolders, type StoredFolder } from "#core/catalog/stored-folder.ts";
import { MANIFEST_FILE } from "#core/format/layout.ts";
import { createMemoryStore } from "#core/storage/memory.ts";
import type { ObjectStore } from "#core/storage/object-store.ts";
import { makeCatalog, makeFacts, makeFolders, makeRun, writeBackup } from "./backup-fixtures.ts";
import { watchStore } from "./watched-store.ts";

const { context } = makeRun();
let folders: Awaited<ReturnType<typeof makeFolders>>;
let store: ObjectStore;
let underWay: number;
let mostUnderWay: number;
let reads: number;

beforeEach(async () => {
  folders = await makeFolders();
  store = createMemoryStore();
  underWay = 0;
  mostUnderWay = 0;
  reads = 0;
  const catalog = makeCatalog({ store, folders });
  for (const name of ["a", "b", "c"]) await writeBackup(catalog, makeFacts(name));
});
afterEach(() => folders.remove());

function watched() {
  const counting = watchStore(store, async ({ method }, happen) => {
    if (method !== "get") return happen();
    reads += 1;
    underWay += 1;
    mostUnderWay = Math.max(mostUnderWay, underWay);
    try {
      return await happen();
    } finally {
      underWay -= 1;
    }
  });
  return makeCatalog({ store: counting, folders });
}

/** As listed, but for the size of its manifest. */
async function listed(manifestBytes: (real: number) => number): Promise<readonly StoredFolder[]> {
  const all = await Array.fromAsync(listFolders(store, context.signal));
  return all.map((folder) => {
    const { etag, sizeBytes } = folder.files.get(MANIFEST_FILE) ?? { etag: "", sizeBytes: 0 };
    const files = new Map(folder.files).set(MANIFEST_FILE, { etag, sizeBytes: manifestBytes(sizeBytes) });
    return { ...folder, files };
  });
}

test("of a manifest too large for a guard's memory nothing is read, and the refusal says how large it is", async () => {
  const [folder] = await listed(() => 9 * 1024 * 1024);
  await expect(watched().prove(folder as StoredFolder, context)).rejects.toMatchObject({
    code: "backup-unsupported",
    message: 'backup "a" is not read: its manifest of 9 MiB is larger than the 4 MiB that a guard takes',
  });
  expect(reads).toBe(0);
});

test("large ones are read one after the other, small ones at once", async () => {
  const catalog = watched();
  const prove = async (size: (real: number) => number) =>
    Promise.all((await listed(size)).map((folder) => catalog.prove(folder, context)));
  await prove((real) => real);
  expect(mostUnderWay).toBeGreaterThan(1);
  mostUnderWay = 0;
  await prove(() => 4 * 1024 * 1024 - 1);
  expect(mostUnderWay).toBe(1);
});

test("a manifest of nothing but brackets is not parsed, though its commit object vouches for it", async () => {
  const heap = Array.from({ length: 500_000 }, () => []);
  await writeBackup(makeCatalog({ store, folders }), { ...makeFacts("d"), heap });
  const folder = (await listed((real) => real)).find(({ name }) => name === "d");
  await expect(watched().prove(folder as StoredFolder, context)).rejects.toMatchObject({
    code: "backup-damaged",
    message: expect.stringContaining("is a heap of brackets"),
  });
});

test("what grew since it was listed is not read to its end", async () => {
  const [folder] = await listed((real) => real - 1);
  await expect(watched().prove(folder as StoredFolder, context)).rejects.toMatchObject({
    code: "backup-damaged",
    message: expect.stringContaining("is larger than"),
  });
});
