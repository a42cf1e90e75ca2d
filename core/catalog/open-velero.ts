import { openIndex } from "#core/format/archive-index.ts";
import type { ArchiveSource } from "#core/format/archive-reader.ts";
import { openArchiveWriter } from "#core/format/archive-writer.ts";
import { backupKey, veleroFiles } from "#core/format/layout.ts";
import { readVeleroArchive } from "#core/format/velero-archive.ts";
import { decodeDataUpload } from "#core/format/velero-volumes.ts";
import type { Notice } from "#core/model/backup.ts";
import { Failure, isFailure } from "#core/model/errors.ts";
import { groupResource, type ItemKind } from "#core/model/item.ts";
import { readItemHeader } from "#core/objects/item-header.ts";
import { toBackupSummary } from "./backup-summary.ts";
import type { ForeignVolume, OpenBackup } from "./catalog.ts";
import type { OpenParts } from "./open-own.ts";
import { Spool } from "./spool.ts";
import { StoredBackup } from "./stored-backup.ts";
import { readVeleroVolumes } from "./velero-volumes.ts";

export interface OpenVeleroParts extends OpenParts {
  /** Private; holds the copy of the archive where it is large. */
  readonly folder: string;
}

const READABLE_PHASES: ReadonlySet<string> = new Set(["Completed", "PartiallyFailed"]);

/**
 * A backup that Velero made has no index: one pass over its archive writes a local copy that has one. What lies in it
 * is trusted as found; what cannot be read of it is told in the notices.
 */
export async function openVeleroBackup(parts: OpenVeleroParts): Promise<OpenBackup> {
  refuseUnreadable(parts);
  const archive = new Spool(parts.folder);
  const close = async () => {
    archive.close();
    await parts.close();
  };
  try {
    const { notices, uploads } = await copyIndexed(parts, archive);
    const { commit, spool: indexFile, signal } = parts;
    const index = await openIndex(indexFile, { archiveBytes: archive.sizeBytes, signal });
    const volumes = await readVeleroVolumes(parts.store, commit.name, signal);
    const summary = toBackupSummary(commit);
    return new StoredBackup({
      summary,
      manifest: undefined,
      notices: [...notices, ...volumes.notices],
      foreignVolumes: [...uploads, ...volumes.volumes],
      index,
      archive: sourceOf(archive),
      signal,
      close,
    });
  } catch (error) {
    archive.close();
    throw isFailure(error, "key-absent") ? damaged(parts.commit.name, "its archive is missing") : error;
  }
}

function refuseUnreadable({ commit }: OpenVeleroParts): void {
  const { name, phase, formatVersion } = commit;
  if (!READABLE_PHASES.has(phase)) {
    throw damaged(name, `Velero left it in phase ${phase === "" ? "New" : phase}`);
  }
  // Before Velero 1.5 there was one version and no such field.
  if (formatVersion !== "" && !/^1(\.|$)/.test(formatVersion)) {
    throw new Failure("backup-unsupported", `backup "${name}" has format version ${formatVersion} of Velero`);
  }
}

interface Copied {
  readonly notices: readonly Notice[];
  /** Data of volumes that Velero moved into its repository. */
  readonly uploads: readonly ForeignVolume[];
}

async function copyIndexed(parts: OpenVeleroParts, archive: Spool): Promise<Copied> {
  const { store, commit, spool: indexFile, folder, signal } = parts;
  const notices: Notice[] = [];
  const uploads: ForeignVolume[] = [];
  const writer = openArchiveWriter({ sink: archive, spillFolder: folder, startedAt: new Date(0), signal });
  try {
    const chunks = store.get(backupKey(commit.name, veleroFiles(commit.name).archive), { signal });
    for await (const entry of readVeleroArchive(chunks, { readHeader: readItemHeader, signal })) {
      if ("notice" in entry) {
        notices.push({ message: entry.notice });
        continue;
      }
      const upload = uploadOf(entry.kind, entry.bytes);
      if (upload !== undefined) uploads.push(upload);
      await writer.add(entry.kind, entry.header, entry.bytes);
    }
    const finished = await writer.finish();
    await finished.writeIndex(indexFile);
    return { notices, uploads };
  } finally {
    await writer.discard();
  }
}

function uploadOf(kind: ItemKind, bytes: Uint8Array): ForeignVolume | undefined {
  return groupResource(kind) === "datauploads.velero.io" ? decodeDataUpload(bytes) : undefined;
}

function sourceOf(spool: Spool): ArchiveSource {
  return {
    sizeBytes: spool.sizeBytes,
    async *read(offset, length) {
      yield await spool.read(offset, length);
    },
  };
}

function damaged(name: string, why: string): Failure {
  return new Failure("backup-damaged", `backup "${name}" is damaged: ${why}`);
}
