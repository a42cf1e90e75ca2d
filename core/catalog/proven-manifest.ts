import { createHash } from "node:crypto";
import type { CommitSummary } from "#core/format/commit-summary.ts";
import { backupKey, MANIFEST_FILE } from "#core/format/layout.ts";
import { decodeManifest, MAX_MANIFEST_BYTES } from "#core/format/manifest.ts";
import type { Manifest } from "#core/model/backup.ts";
import { Failure, isFailure } from "#core/model/errors.ts";
import { isHeapOfBrackets } from "#core/objects/nesting.ts";
import type { ObjectReader } from "#core/storage/object-store.ts";
import { readWhole } from "./read-whole.ts";

export interface ManifestReading {
  readonly signal: AbortSignal;
  readonly maxBytes?: number;
  /** Where there is little memory: what would take many times its size is not parsed. */
  readonly refuseHeap?: boolean;
}

/** The first link of the chain of proof: the manifest whose digest the commit object carries. Failure backup-damaged. */
export async function provenManifest(
  store: ObjectReader,
  commit: CommitSummary,
  { signal, maxBytes = MAX_MANIFEST_BYTES, refuseHeap = false }: ManifestReading,
): Promise<Manifest> {
  const { name } = commit;
  const key = backupKey(name, MANIFEST_FILE);
  const bytes = await present(name, MANIFEST_FILE, () => readWhole(store, { key }, { maxBytes, signal }));
  const digest = createHash("sha256").update(bytes).digest("hex");
  if (digest !== commit.manifestSha256) throw damaged(name, `${MANIFEST_FILE} is not what was written`);
  if (refuseHeap && isHeapOfBrackets(bytes)) throw damaged(name, `${MANIFEST_FILE} is a heap of brackets`);
  const manifest = decodeManifest(bytes, name);
  if (manifest.name !== name) throw damaged(name, `its manifest is of "${manifest.name}"`);
  if (manifest.phase !== commit.phase) throw damaged(name, `its commit object says it is ${commit.phase}`);
  return manifest;
}

/** An absent file of a backup is damage. */
export async function present<T>(name: string, file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw isFailure(error, "key-absent") ? damaged(name, `${file} is missing`) : error;
  }
}

export function damaged(name: string, why: string): Failure {
  return new Failure("backup-damaged", `backup "${name}" is damaged: ${why}`);
}
