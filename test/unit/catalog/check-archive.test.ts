import { afterEach, beforeEach, expect, test } from "vitest";
import { INDEX_FILE } from "#core/format/layout.ts";
import type { Manifest } from "#core/model/backup.ts";
import { createMemoryStore } from "#core/storage/memory.ts";
import type { ObjectStore } from "#core/storage/object-store.ts";
import {
  bytesOf,
  makeCatalog,
  makeFacts,
  makeFolders,
  makeRun,
  overwrite,
  writeBackup,
} from "./backup-fixtures.ts";

const { context } = makeRun();
let folders: Awaited<ReturnType<typeof makeFolders>>;
let store: ObjectStore;
let manifest: Manifest;
const pace = () => undefined;

beforeEach(async () => {
  folders = await makeFolders();
  store = createMemoryStore();
  manifest = (await writeBackup(makeCatalog({ store, folders }), makeFacts("a"))).manifest;
});
afterEach(() => folders.remove());

const check = (files = manifest.files) =>
  makeCatalog({ store, folders }).checkArchive({ backup: "a", files, pace }, context);

/** As a disk that rots behind the store's back: all that is told of the file stays as it was. */
async function rot(file: string): Promise<Manifest["files"]> {
  const key = `backups/a/${file}`;
  const bytes = await bytesOf(store, key);
  await overwrite(store, key, bytes.with(30, (bytes[30] ?? 0) ^ 1));
  const record = manifest.files[file];
  if (record === undefined) throw new Error(`${file} is not listed`);
  const etag = (await store.head(key, context.signal))?.etag;
  return { ...manifest.files, [file]: { ...record, etag } };
}

test("an archive and an index whose bytes are those that were written are in order", async () => {
  expect(await check()).toBeUndefined();
});

test.each(["a.tar.gz", INDEX_FILE])(
  "a flipped bit in %s is found where size and ETag tell nothing",
  async (file) => {
    expect(await check(await rot(file))).toBe(`the bytes of ${file} are not those that were written`);
  },
);

test("one that has changed since it was recorded is not judged: looking at it is what tells", async () => {
  await rot("a.tar.gz");
  await expect(check()).rejects.toMatchObject({ code: "location-error" });
});

test("every piece that is read is paced", async () => {
  const paced: number[] = [];
  const counted = (bytes: number) => {
    paced.push(bytes);
    return Promise.resolve();
  };
  const { files } = manifest;
  await makeCatalog({ store, folders }).checkArchive({ backup: "a", files, pace: counted }, context);
  const sizes = ["a.tar.gz", INDEX_FILE].map((file) => files[file]?.sizeBytes ?? 0);
  expect(paced.reduce((sum, bytes) => sum + bytes)).toBe(sizes.reduce((sum, bytes) => sum + bytes));
});
