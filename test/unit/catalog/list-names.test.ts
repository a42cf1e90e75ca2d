import { afterEach, beforeEach, expect, test } from "vitest";
import { createMemoryStore } from "#core/storage/memory.ts";
import type { ObjectStore } from "#core/storage/object-store.ts";
import { makeCatalog, makeFolders, makeRun } from "./backup-fixtures.ts";
import { watchStore } from "./watched-store.ts";

const signal = new AbortController().signal;

let folders: Awaited<ReturnType<typeof makeFolders>>;
let store: ObjectStore;
beforeEach(async () => {
  folders = await makeFolders();
  store = createMemoryStore();
});
afterEach(() => folders.remove());

test("names cost one listing and no read, and a half-written backup's is not among them", async () => {
  for (const key of [
    "b1/velero-backup.json",
    "b2/b2.tar.gz",
    "b2/kubectl-backup.json",
    "b3/velero-backup.json",
  ])
    await store.put(`backups/${key}`, Buffer.from("{}"), signal);
  await store.put("restores/r1/kubectl-backup-restore.json", Buffer.from("{}"), signal);
  const asked: string[] = [];
  const watched = watchStore(store, ({ method }, happen) => {
    asked.push(method);
    return happen();
  });
  const catalog = makeCatalog({ store: watched, folders });
  expect(await catalog.names(makeRun().context)).toEqual(["b1", "b3"]);
  expect(asked).toEqual(["list"]);
  expect(await catalog.restoreNames(makeRun().context)).toEqual(["r1"]);
  expect(asked).toEqual(["list", "list"]);
});
