import { backupKey, veleroFiles } from "#core/format/layout.ts";
import { decodePodVolumeBackups, decodeVolumeInfo, type VeleroVolume } from "#core/format/velero-volumes.ts";
import type { Notice } from "#core/model/backup.ts";
import { describeError, isFailure } from "#core/model/errors.ts";
import type { ObjectReader } from "#core/storage/object-store.ts";
import type { ForeignVolume } from "./catalog.ts";
import { readWhole } from "./read-whole.ts";

/** Packed: more than a hundred thousand volumes. */
const MOST_BYTES = 32 * 1024 * 1024;

export interface VeleroVolumes {
  readonly volumes: readonly ForeignVolume[];
  readonly notices: readonly Notice[];
}

/** Which claims' data Velero keeps where; a file that is not there says nothing, one that cannot be read is named. */
export async function readVeleroVolumes(
  store: ObjectReader,
  name: string,
  signal: AbortSignal,
): Promise<VeleroVolumes> {
  const files = veleroFiles(name);
  const notices: Notice[] = [];
  const read = async (
    file: string,
    decode: (bytes: Uint8Array) => readonly VeleroVolume[],
  ): Promise<readonly VeleroVolume[]> => {
    try {
      return decode(await readWhole(store, { key: backupKey(name, file) }, { maxBytes: MOST_BYTES, signal }));
    } catch (error) {
      signal.throwIfAborted();
      if (!isFailure(error, "key-absent")) {
        notices.push({ message: `where the volumes' data lies: ${file}: ${describeError(error)}` });
      }
      return [];
    }
  };
  const volumes = [
    ...(await read(files.podVolumeBackups, decodePodVolumeBackups)),
    ...(await read(files.volumeInfo, decodeVolumeInfo)),
  ];
  return { volumes, notices };
}
