import { restoreFolder } from "#core/format/layout.ts";
import { decodePart, MAX_PART_BYTES, partNumber } from "#core/format/restore-files.ts";
import { describeError, isFailure } from "#core/model/errors.ts";
import type { JournalPart } from "#core/model/restore-journal.ts";
import type { ObjectInfo, ObjectReader } from "#core/storage/object-store.ts";
import { readWhole } from "./read-whole.ts";

interface FoundPart {
  readonly number: number;
  readonly object: ObjectInfo;
}

/** The parts beyond a number that are stored by now, in their order. One that cannot be read says so and has no entries. */
export async function* readJournal(
  store: ObjectReader,
  { restore, after }: { readonly restore: string; readonly after: number },
  signal: AbortSignal,
): AsyncGenerator<JournalPart> {
  for (const { number, object } of await findParts(store, restore, signal)) {
    if (number > after) yield await readPart(store, { number, object }, signal);
  }
}

async function findParts(
  store: ObjectReader,
  restore: string,
  signal: AbortSignal,
): Promise<readonly FoundPart[]> {
  const folder = restoreFolder(restore);
  const found: FoundPart[] = [];
  for await (const { objects } of store.list(folder, { signal })) {
    for (const object of objects) {
      const number = partNumber(object.key.slice(folder.length));
      if (number !== undefined) found.push({ number, object });
    }
  }
  return found.sort((left, right) => left.number - right.number);
}

async function readPart(
  store: ObjectReader,
  { number, object }: FoundPart,
  signal: AbortSignal,
): Promise<JournalPart> {
  try {
    return {
      number,
      entries: decodePart(await readWhole(store, object, { maxBytes: MAX_PART_BYTES, signal })),
    };
  } catch (error) {
    if (!isFailure(error, "backup-damaged") && !isFailure(error, "key-absent")) throw error;
    return { number, entries: [], trouble: describeError(error) };
  }
}
