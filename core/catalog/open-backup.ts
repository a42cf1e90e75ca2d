import type { RunContext } from "#core/model/run-context.ts";
import type { ObjectReader } from "#core/storage/object-store.ts";
import type { OpenBackup } from "./catalog.ts";
import { findCommit } from "./find-backup.ts";
import { openOwnBackup } from "./open-own.ts";
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
  const spool = new Spool(tempFolder);
  const close = async () => spool.close();
  try {
    const parts = { store, commit, spool, folder: tempFolder, close, signal };
    if (commit.manifestSha256 !== undefined) return await openOwnBackup(parts);
    const { openVeleroBackup } = await import("./open-velero.ts");
    return await openVeleroBackup(parts);
  } catch (error) {
    await close();
    throw error;
  }
}
