import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { openDirectoryStore } from "#core/storage/directory/directory-store.ts";
import { describeObjectStore } from "./object-store.ts";

describeObjectStore("the directory store", async () => {
  const folder = await mkdtemp(join(tmpdir(), "object-store-"));
  const root = join(folder, "location");
  const { store } = await openDirectoryStore(String(pathToFileURL(root)), root);
  return { store, stop: () => rm(folder, { recursive: true }) };
});
