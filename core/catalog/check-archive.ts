import { createHash } from "node:crypto";
import { noteBuffers } from "#core/flow/buffer-garbage.ts";
import { backupKey, INDEX_FILE, veleroFiles } from "#core/format/layout.ts";
import type { Manifest } from "#core/model/backup.ts";
import type { ObjectReader } from "#core/storage/object-store.ts";

export interface ArchiveCheck {
  readonly backup: string;
  /** As the manifest tells them. */
  readonly files: Manifest["files"];
  /** Called for every piece that was read; the next is read when it resolves. */
  readonly pace: (bytes: number) => Promise<void> | undefined;
}

/**
 * Reads archive and index whole, in flat memory. What is wrong with them, in words that follow "backup NAME:"; undefined:
 * their bytes are those that were written. Failure of the location, also where one of them changes or goes meanwhile.
 */
export async function checkArchive(
  store: ObjectReader,
  { backup, files, pace }: ArchiveCheck,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const file of [veleroFiles(backup).archive, INDEX_FILE]) {
    const record = files[file];
    if (record === undefined) return `its manifest does not list ${file}`;
    const hash = createHash("sha256");
    for await (const chunk of store.get(backupKey(backup, file), { etag: record.etag, signal })) {
      hash.update(chunk);
      noteBuffers(chunk.length);
      await pace(chunk.length);
    }
    if (hash.digest("hex") !== record.sha256) return `the bytes of ${file} are not those that were written`;
  }
  return undefined;
}
