import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { backupKey, veleroFiles } from "#core/format/layout.ts";
import { Failure, isFailure } from "#core/model/errors.ts";
import type { ObjectReader } from "#core/storage/object-store.ts";
import { findCommit } from "./find-backup.ts";

/** The stored log as text, in pieces: however much it grows when unpacked, little of it is in memory. */
export async function* readLog(
  store: ObjectReader,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  await findCommit(store, name, signal);
  const packed = store.get(backupKey(name, veleroFiles(name).logs), { signal });
  const text = createGunzip();
  // The error reaches the reader through `text`; the callback only keeps it from being thrown a second time.
  pipeline(packed, text, () => undefined);
  try {
    for await (const chunk of text) yield chunk;
  } catch (error) {
    throw logFailure(error, name);
  }
}

function logFailure(error: unknown, name: string): unknown {
  if (isFailure(error, "key-absent")) {
    return new Failure("object-not-found", `backup "${name}" has no stored log`, { hint: "" });
  }
  if (!(error instanceof Error && "code" in error && String(error.code).startsWith("Z_"))) return error;
  return new Failure("backup-damaged", `the log of backup "${name}" cannot be unpacked`, { cause: error });
}
