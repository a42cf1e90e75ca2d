import {
  BACKUPS_PREFIX,
  backupFileOf,
  backupFolder,
  COMMIT_FILE,
  INDEX_FILE,
  MANIFEST_FILE,
  veleroFiles,
} from "#core/format/layout.ts";
import type { FileRecord, Manifest } from "#core/model/backup.ts";
import type { ObjectInfo, ObjectReader } from "#core/storage/object-store.ts";

/** A committed backup's folder as one listing showed it: enough to tell whether anything in it has changed. */
export interface StoredFolder {
  readonly name: string;
  /** LastModified of the commit object, by the store's clock. */
  readonly committedAt: Date;
  /** By file name. */
  readonly files: ReadonlyMap<string, FileState>;
}

type FileState = Pick<ObjectInfo, "sizeBytes" | "etag">;

/** A manifest that its commit object vouches for, and the states of both in which that was seen. */
export interface BackupProof<Told = Manifest> {
  readonly manifest: Told;
  readonly commitEtag: string;
  readonly manifestEtag: string;
}

/** All committed backups by one plain listing; memory holds one folder at a time. */
export function listFolders(store: ObjectReader, signal: AbortSignal): AsyncGenerator<StoredFolder> {
  return foldersBelow(BACKUPS_PREFIX, store, signal);
}

/** undefined when the backup is not, or no longer, committed. */
export async function lookAtFolder(
  store: ObjectReader,
  name: string,
  signal: AbortSignal,
): Promise<StoredFolder | undefined> {
  return (await foldersBelow(backupFolder(name), store, signal).next()).value;
}

/** Keys come in order, so those of one folder stand together. */
async function* foldersBelow(
  prefix: string,
  store: ObjectReader,
  signal: AbortSignal,
): AsyncGenerator<StoredFolder, undefined> {
  let gathered: { name: string; objects: Map<string, ObjectInfo> } | undefined;
  for await (const { objects } of store.list(prefix, { signal })) {
    for (const object of objects) {
      const at = backupFileOf(object.key);
      if (at === undefined) continue;
      if (gathered?.name !== at.backup) {
        yield* committed(gathered);
        gathered = { name: at.backup, objects: new Map() };
      }
      gathered.objects.set(at.file, object);
    }
  }
  yield* committed(gathered);
}

/** What of a backup is no longer as it was written, in words that follow "backup NAME:"; undefined when all is. */
export function damageIn(
  folder: StoredFolder,
  proof: BackupProof<Pick<Manifest, "files">>,
): string | undefined {
  const links = { [COMMIT_FILE]: proof.commitEtag, [MANIFEST_FILE]: proof.manifestEtag };
  for (const [file, etag] of Object.entries(links)) {
    if (folder.files.get(file)?.etag !== etag) return changeOf(folder, file);
  }
  const { files } = proof.manifest;
  const unlisted = [veleroFiles(folder.name).archive, INDEX_FILE].find((file) => files[file] === undefined);
  if (unlisted !== undefined) return `its manifest does not list ${unlisted}`;
  const changed = Object.entries(files).find(
    ([file, record]) => !isAsWritten(folder.files.get(file), record),
  );
  return changed && changeOf(folder, changed[0]);
}

function isAsWritten(found: FileState | undefined, { sizeBytes, etag }: FileRecord): boolean {
  return found?.sizeBytes === sizeBytes && (etag === undefined || found.etag === etag);
}

/** Of the two files that proof is read from: while it is the same, so is what they prove. */
export function stateOf({ files }: StoredFolder): string {
  return [COMMIT_FILE, MANIFEST_FILE].map((file) => files.get(file)?.etag ?? "").join(" ");
}

function changeOf(folder: StoredFolder, file: string): string {
  return folder.files.has(file) ? `${file} is not what was written` : `${file} is missing`;
}

function committed(
  gathered: { readonly name: string; readonly objects: ReadonlyMap<string, ObjectInfo> } | undefined,
): readonly StoredFolder[] {
  const commit = gathered?.objects.get(COMMIT_FILE);
  if (gathered === undefined || commit === undefined) return [];
  return [{ name: gathered.name, committedAt: commit.lastModified, files: gathered.objects }];
}
