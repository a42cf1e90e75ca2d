import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { backupKey, isFolderName, restoreFolder, restoreKey, veleroFiles } from "#core/format/layout.ts";
import { Failure, isFailure } from "#core/model/errors.ts";
import type { ObjectInfo, ObjectReader } from "#core/storage/object-store.ts";
import { findCommit } from "./find-backup.ts";

/** The stored log as text, in pieces: however much it grows when unpacked, little of it is in memory. */
export async function* readLog(
  store: ObjectReader,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  await findCommit(store, name, signal);
  yield* unpack(store.get(backupKey(name, veleroFiles(name).logs), { signal }), {
    absent: new Failure("object-not-found", `backup "${name}" has no stored log`, { hint: "" }),
    what: `backup "${name}"`,
  });
}

export function readRestoreLog(
  store: ObjectReader,
  restore: string,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const absent = new Failure(
    "restore-not-found",
    `there is no log of a restore "${restore}" in ${store.url}`,
  );
  if (!isFolderName(restore)) throw absent;
  return readNewestLog(store, { restore, absent }, signal);
}

/** Of a restore that broke off, what its last run said. */
async function* readNewestLog(
  store: ObjectReader,
  { restore, absent }: { readonly restore: string; readonly absent: Failure },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const found: ObjectInfo[] = [];
  for await (const { objects } of store.list(restoreFolder(restore), { signal }))
    found.push(...objects.filter(({ key }) => key.endsWith("-logs.gz")));
  const final = restoreKey(restore, `restore-${restore}-logs.gz`);
  const newest = found
    .sort((left, right) => left.lastModified.getTime() - right.lastModified.getTime())
    .at(-1);
  const log = found.find(({ key }) => key === final) ?? newest;
  if (log === undefined) throw absent;
  yield* unpack(store.get(log.key, { signal }), { absent, what: `restore "${restore}"` });
}

interface LogTrouble {
  readonly absent: Failure;
  readonly what: string;
}

async function* unpack(packed: AsyncIterable<Uint8Array>, trouble: LogTrouble): AsyncGenerator<Uint8Array> {
  const text = createGunzip();
  // The error reaches the reader through `text`; the callback only keeps it from being thrown a second time.
  pipeline(packed, text, () => undefined);
  try {
    for await (const chunk of text) yield chunk;
  } catch (error) {
    throw logFailure(error, trouble);
  }
}

function logFailure(error: unknown, { absent, what }: LogTrouble): unknown {
  if (isFailure(error, "key-absent")) return absent;
  if (!(error instanceof Error && "code" in error && String(error.code).startsWith("Z_"))) return error;
  return new Failure("backup-damaged", `the log of ${what} cannot be unpacked`, { cause: error });
}
