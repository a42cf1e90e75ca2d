import { backupKey, COMMIT_FILE, MANIFEST_FILE, veleroFiles } from "#core/format/layout.ts";
import { encodeManifest } from "#core/format/manifest.ts";
import { encodeVeleroBackup } from "#core/format/velero-metadata.ts";
import type { FileRecord, Manifest } from "#core/model/backup.ts";
import { backupName } from "#core/model/names.ts";
import { createMemoryStore } from "#core/storage/memory.ts";
import type { StoredObject } from "#core/storage/object-store.ts";
import {
  bytesOf,
  keysIn,
  makeCatalog,
  makeFacts,
  makeFolders,
  writeBackup,
} from "#test/unit/catalog/backup-fixtures.ts";

// Thousands of backups of small namespaces: one is written as `create` writes it, the others are its files under names
// of their own with a manifest and a commit object of their own. A run of `create` for each would take hours.
export interface GuardedNamespace {
  readonly name: string;
  readonly uid: string;
}

export interface WantedBackup {
  readonly name: string;
  readonly namespace: GuardedNamespace;
  /** When its first list was asked; it ended a second later. */
  readonly firstListAt: Date;
  readonly kubeSystemUid: string;
}

export type Put = (
  key: string,
  body: Uint8Array,
) => Promise<Pick<StoredObject, "etag" | "sha256" | "sizeBytes">>;

export interface BackupTemplate {
  readonly manifest: Manifest;
  /** By what stands in place of the backup's name. */
  readonly files: readonly { readonly fileOf: (name: string) => string; readonly bytes: Uint8Array }[];
}

const TEMPLATE = "template";

export async function backupTemplate(): Promise<BackupTemplate> {
  const [store, folders] = [createMemoryStore(), await makeFolders()];
  try {
    const { manifest } = await writeBackup(makeCatalog({ store, folders }), makeFacts(TEMPLATE));
    const keys = (await keysIn(store)).map((key) => key.split("/").at(-1) ?? "");
    const files = keys.filter((file) => file !== COMMIT_FILE && file !== MANIFEST_FILE);
    return {
      manifest,
      files: await Promise.all(
        files.map(async (file) => ({
          fileOf: (name: string) =>
            Object.values(veleroFiles(TEMPLATE)).includes(file) ? file.replace(TEMPLATE, name) : file,
          bytes: await bytesOf(store, backupKey(TEMPLATE, file)),
        })),
      ),
    };
  } finally {
    await folders.remove();
  }
}

/** Puts all files of one backup, the commit object last. */
export async function putBackup(template: BackupTemplate, wanted: WantedBackup, put: Put): Promise<void> {
  const { name } = wanted;
  const files: Record<string, FileRecord> = {};
  for (const { fileOf, bytes } of template.files) {
    files[fileOf(name)] = await put(backupKey(name, fileOf(name)), bytes);
  }
  const manifest = manifestOf(template.manifest, wanted, files);
  const { sha256 } = await put(backupKey(name, MANIFEST_FILE), encodeManifest(manifest));
  await put(backupKey(name, COMMIT_FILE), encodeVeleroBackup(manifest, { manifestSha256: sha256 }));
}

function manifestOf(template: Manifest, wanted: WantedBackup, files: Manifest["files"]): Manifest {
  const name = backupName.parse(wanted.name);
  const first = wanted.firstListAt.toISOString();
  const end = new Date(wanted.firstListAt.getTime() + 1000).toISOString();
  const record = {
    ...wanted.namespace,
    firstListAt: first,
    itemCount: template.itemCount,
    excludedByLabel: 0,
    kindsNotRead: [],
    claims: [],
    complete: true,
  };
  return {
    ...template,
    name,
    request: { ...template.request, name },
    cluster: { ...template.cluster, kubeSystemUid: wanted.kubeSystemUid },
    started: { server: first, maker: first },
    finished: { server: end, maker: end },
    namespaces: [record],
    files,
  };
}
