import type { RunContext } from "#core/model/run-context.ts";
import type { ObjectReader } from "#core/storage/object-store.ts";
import type { OpenBackup } from "./catalog.ts";
import { findCommit } from "./find-backup.ts";
import { openOwnBackup } from "./open-own.ts";
import { createPrivateFolder } from "./private-folder.ts";
import { Spool } from "./spool.ts";

export interface ReadEnvironment {
  readonly store: ObjectReader;
  readonly tempFolder: string;
}

/** Failure backup-not-found, backup-damaged or backup-unsupported: before anything of it is believed. */
export async function openBackup(
  name: string,
  { store, tempFolder }: ReadEnvironment,
  { signal }: RunContext,
): Promise<OpenBackup> {
  const commit = await findCommit(store, name, signal);
  const folder = await createPrivateFolder(tempFolder);
  const spool = new Spool(folder.path);
  const close = async () => {
    await spool.close();
    await folder.remove();
  };
  try {
    const parts = { store, commit, spool, folder: folder.path, close, signal };
    if (commit.manifestSha256 !== undefined) return await openOwnBackup(parts);
    const { openVeleroBackup } = await import("./open-velero.ts");
    return await openVeleroBackup(parts);
  } catch (error) {
    await close();
    throw error;
  }
}
