/**
 * core/storage: keys and bytes. Its one rule: a write that returned is there, whole, and replaced nothing. It must not
 * know what a backup is: keys are made, and bytes understood, elsewhere.
 *
 * This file: location → store. The store's code is loaded on demand: the AWS SDK alone takes longer than most commands.
 */
import type { LocationUrl } from "#core/model/location.ts";
import type { OpenedStore } from "./directory/directory-store.ts";
import { readOnlyStore } from "./read-only.ts";

export async function openStore(location: LocationUrl): Promise<OpenedStore> {
  const opened = await openWritable(location);
  return location.readOnly ? { ...opened, store: readOnlyStore(opened.store) } : opened;
}

async function openWritable(location: LocationUrl): Promise<OpenedStore> {
  if (location.type === "file") {
    const { openDirectoryStore } = await import("./directory/directory-store.ts");
    return openDirectoryStore(location.url, location.path);
  }
  const { createS3Store } = await import("./s3/s3-store.ts");
  return { store: createS3Store(location), warnings: [] };
}
