import { pathToFileURL } from "node:url";
import { openDirectoryStore } from "#core/storage/directory/directory-store.ts";
import type { Catalog } from "./catalog.ts";
import { openCatalog } from "./open-catalog.ts";

/** The local state folder as a location: it holds the restores that their own location could not take. */
export async function openStateCatalog(folder: string): Promise<Catalog> {
  const { store } = await openDirectoryStore(pathToFileURL(folder).href, folder);
  return openCatalog(store, { cacheFolder: folder, tempFolder: folder });
}
