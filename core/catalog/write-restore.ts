import { beforePart, beforePartNumber, beforePartOf } from "#core/format/before-files.ts";
import { restoreKey } from "#core/format/layout.ts";
import {
  encodePart,
  encodeRecord,
  partFile,
  partNumber,
  RECORD_FILE,
  REPORT_FILE,
} from "#core/format/restore-files.ts";
import { Failure, isFailure } from "#core/model/errors.ts";
import type { RestoreRecord } from "#core/model/restore-record.ts";
import type { RunContext } from "#core/model/run-context.ts";
import type { ObjectStore } from "#core/storage/object-store.ts";
import type { RestoreWriter } from "./catalog.ts";
import { NameClaim } from "./claim.ts";
import type { FolderView } from "./folder-view.ts";
import type { WriteEnvironment } from "./write-backup.ts";
import { writeBefore } from "./write-before.ts";

/** Claims the restore's name and stores its request. Failure name-taken where there is such a restore. */
export async function beginRestore(
  record: RestoreRecord,
  environment: WriteEnvironment,
  context: RunContext,
): Promise<RestoreWriter> {
  const { store } = environment;
  // Saves a claim in the folder of a restore that is there, and the wait for a run that holds it.
  const known = await store.head(restoreKey(record.name, RECORD_FILE), context.signal);
  if (known !== undefined) throw nameTaken(record.name, store);
  // Any file makes the name taken, Velero's too: one restore's files must not lie among another's.
  const { claim, view } = await takeName(record.name, environment, context);
  try {
    if (view.files.length > 0) throw nameTaken(record.name, store);
    await store.put(restoreKey(record.name, RECORD_FILE), encodeRecord(record), context.signal);
    return writer(claim, environment, { journal: 0, before: 0 });
  } catch (error) {
    await claim.release();
    throw isFailure(error, "key-exists") ? nameTaken(record.name, store) : error;
  }
}

/** Claims the name of a restore that broke off; its parts are numbered on. Failure name-taken while it runs elsewhere. */
export async function resumeRestore(
  name: string,
  environment: WriteEnvironment,
  context: RunContext,
): Promise<RestoreWriter> {
  const { claim, view } = await takeName(name, environment, context);
  if (view.files.some(({ key }) => key === restoreKey(name, REPORT_FILE))) {
    await claim.release();
    throw new Failure("name-taken", `the restore "${name}" has ended meanwhile: there is nothing to resume`);
  }
  return writer(claim, environment, lastNumbers(view, claim.folder));
}

function takeName(name: string, environment: WriteEnvironment, context: RunContext) {
  return NameClaim.take({ what: "restore", name }, environment, context);
}

function nameTaken(name: string, { url }: ObjectStore): Failure {
  return new Failure("name-taken", `there is a restore "${name}" in ${url} already`);
}

interface LastNumbers {
  readonly journal: number;
  readonly before: number;
}

/** Of the parts that earlier runs have stored. */
function lastNumbers({ files }: FolderView, folder: string): LastNumbers {
  const names = files.map(({ key }) => key.slice(folder.length));
  const before = names.flatMap((name) => beforePartOf(name) ?? []).map(beforePartNumber);
  return {
    journal: Math.max(0, ...names.map((name) => partNumber(name) ?? 0)),
    before: Math.max(0, ...before),
  };
}

function writer(claim: NameClaim, { store, tempFolder }: WriteEnvironment, last: LastNumbers): RestoreWriter {
  let number = last.journal;
  let beforeParts = last.before;
  const stored: string[] = [];
  const put = async (file: string, body: Uint8Array, signal: AbortSignal): Promise<void> => {
    const key = restoreKey(claim.name, file);
    // Noted first: it may have been stored although the answer is lost.
    stored.push(key);
    await store.put(key, body, signal);
  };
  return {
    url: store.url,
    append: async (lines, signal) => {
      claim.assertFresh();
      number += 1;
      await put(partFile(number, claim.runId), encodePart(lines), signal);
    },
    writeFile: async (file, body, signal) => {
      claim.assertFresh();
      await put(file, body, signal);
    },
    keepBefore: async (images, signal) => {
      claim.assertFresh();
      beforeParts += 1;
      await writeBefore(images, {
        part: beforePart(claim.runId, beforeParts),
        tempFolder,
        createdAt: new Date(),
        put: (file, body) => put(file, body, signal),
        signal,
      });
    },
    assertHeld: () => claim.assertFresh(),
    withdraw: async (signal) => {
      claim.assertFresh();
      await store.remove(stored, signal);
      // Last, since what is left without it keeps the name and tells nobody why.
      await store.remove([restoreKey(claim.name, RECORD_FILE)], signal);
    },
    runId: claim.runId,
    close: () => claim.release(),
  };
}
