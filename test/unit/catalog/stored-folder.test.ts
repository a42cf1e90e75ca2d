import { afterEach, beforeEach, expect, test } from "vitest";
import { damageIn } from "#core/catalog/stored-folder.ts";
import { encodeVeleroBackup } from "#core/format/velero-metadata.ts";
import { createMemoryStore } from "#core/storage/memory.ts";
import type { ObjectStore } from "#core/storage/object-store.ts";
import {
  bytesOf,
  collect,
  keysIn,
  makeCatalog,
  makeFacts,
  makeFolders,
  makeRun,
  overwrite,
  writeBackup,
} from "./backup-fixtures.ts";
import { watchStore } from "./watched-store.ts";

const { context } = makeRun();
let folders: Awaited<ReturnType<typeof makeFolders>>;
let store: ObjectStore;
beforeEach(async () => {
  folders = await makeFolders();
  store = createMemoryStore({ pageSize: 3 });
});
afterEach(() => folders.remove());

async function written(name: string) {
  const catalog = makeCatalog({ store, folders });
  await writeBackup(catalog, makeFacts(name));
  return catalog;
}

async function seen(name: string) {
  const folder = await makeCatalog({ store, folders }).folder(name, context);
  if (folder === undefined) throw new Error(`${name} is not committed`);
  return folder;
}

test("one plain listing shows every committed backup with all its files, and nothing is read", async () => {
  const names = ["a", "a-b", "ab"];
  for (const name of names) await written(name);
  await store.put("backups/half/kubectl-backup.json", Buffer.from("{}"), context.signal);
  const asked: string[] = [];
  const watched = watchStore(store, ({ method }, happen) => {
    asked.push(method);
    return happen();
  });
  const found = await collect(makeCatalog({ store: watched, folders }).folders(context));
  expect(found.map(({ name }) => name).sort()).toEqual(names);
  expect(asked).toEqual(["list"]);
  for (const { name, files } of found) {
    const own = (await keysIn(store)).filter((key) => key.startsWith(`backups/${name}/`));
    expect(files.size).toBe(own.length);
  }
});

test("a backup that lies there as it was written is proved by two reads", async () => {
  const catalog = await written("a");
  const folder = await seen("a");
  const proof = await catalog.prove(folder, context);
  expect(proof.manifest.name).toBe("a");
  expect(damageIn(folder, proof)).toBeUndefined();
});

test("whatever of its files is removed or replaced, the next look says so", async () => {
  await written("b0");
  const files = [...(await seen("b0")).files.keys()].filter((file) => !file.startsWith("velero-backup"));
  expect(files.length).toBeGreaterThan(5);
  for (const [n, { length }] of files.entries()) {
    const name = `c${n}`;
    const catalog = await written(name);
    const proof = await catalog.prove(await seen(name), context);
    const file = (files[n] ?? "").replace("b0", name);
    expect(file).toHaveLength(length);
    const key = `backups/${name}/${file}`;
    const bytes = await bytesOf(store, key);
    await store.remove([key], context.signal);
    expect(damageIn(await seen(name), proof)).toBe(`${file} is missing`);
    // Same length, one bit flipped.
    await store.put(key, bytes.with(0, (bytes[0] ?? 0) ^ 1), context.signal);
    expect(damageIn(await seen(name), proof)).toBe(`${file} is not what was written`);
  }
});

test.each(["a.tar.gz", "kubectl-backup-index.gz"])(
  "a manifest that does not list %s lets no look vouch for it",
  async (file) => {
    const catalog = await written("a");
    const folder = await seen("a");
    const { manifest, ...states } = await catalog.prove(folder, context);
    const { [file]: _left, ...files } = manifest.files;
    expect(damageIn(folder, { ...states, manifest: { files } })).toBe(`its manifest does not list ${file}`);
  },
);

test("a backup whose commit is gone is none", async () => {
  const catalog = await written("a");
  await store.remove(["backups/a/velero-backup.json"], context.signal);
  expect(await catalog.folder("a", context)).toBeUndefined();
});

test("a manifest that its commit does not vouch for proves nothing", async () => {
  const catalog = await written("a");
  const folder = await seen("a");
  const manifest = JSON.parse((await bytesOf(store, "backups/a/kubectl-backup.json")).toString()) as object;
  const forged = { ...manifest, toolVersion: "9.9.9" };
  await overwrite(store, "backups/a/kubectl-backup.json", Buffer.from(JSON.stringify(forged)));
  await expect(catalog.prove(folder, context)).rejects.toMatchObject({ code: "backup-damaged" });
});

test("a backup of Velero's proves nothing", async () => {
  const facts = makeFacts("foreign");
  const commit = JSON.parse(
    Buffer.from(encodeVeleroBackup(facts, { manifestSha256: "0".repeat(64) })).toString(),
  ) as { metadata: { annotations: object } };
  commit.metadata.annotations = {};
  await store.put("backups/foreign/velero-backup.json", Buffer.from(JSON.stringify(commit)), context.signal);
  const catalog = makeCatalog({ store, folders });
  await expect(catalog.prove(await seen("foreign"), context)).rejects.toMatchObject({
    code: "backup-unsupported",
  });
});
