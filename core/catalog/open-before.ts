import { createHash } from "node:crypto";
import { openIndex } from "#core/format/archive-index.ts";
import {
  type BeforeManifest,
  beforeFiles,
  beforePartNumber,
  beforePartOf,
  decodeBeforeManifest,
} from "#core/format/before-files.ts";
import { restoreFileOf, restoreFolder, restoreKey } from "#core/format/layout.ts";
import { Failure } from "#core/model/errors.ts";
import { itemTitle } from "#core/model/item.ts";
import type { ObjectReader } from "#core/storage/object-store.ts";
import type { BackupSummary, OpenBefore, StoredItem } from "./catalog.ts";
import { MergedBackup } from "./merged-backup.ts";
import { readWhole } from "./read-whole.ts";
import { StoredBackup } from "./stored-backup.ts";

/** A part holds what was under way at one time: some dozens of objects, each of at most a few MiB. */
const MAX_PART_BYTES = 512 * 1024 * 1024;
const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;

/** What a restore's record holds of objects as they were, each once and as it was first. */
export async function openBefore(
  store: ObjectReader,
  restore: string,
  signal: AbortSignal,
): Promise<OpenBefore> {
  const found: { readonly part: string; readonly manifest: BeforeManifest }[] = [];
  for (const part of await findParts(store, restore, signal)) {
    const key = restoreKey(restore, beforeFiles(part).manifest);
    const bytes = await readWhole(store, { key }, { maxBytes: MAX_MANIFEST_BYTES, signal });
    found.push({ part, manifest: decodeBeforeManifest(bytes) });
  }
  found.sort((left, right) => beforePartNumber(left.part) - beforePartNumber(right.part));
  const backup = new MergedBackup(summaryOf(restore));
  const expected = new Map<string, Set<string>>();
  for (const { part, manifest } of found) {
    await backup.add(await openPart(store, { restore, part, manifest }, signal));
    for (const [title, digest] of Object.entries(manifest.expected))
      expected.set(title, (expected.get(title) ?? new Set()).add(digest));
  }
  return { backup, expected: (item) => expected.get(titleOf(item)) ?? NOTHING };
}

const NOTHING: ReadonlySet<string> = new Set();

function titleOf(item: Pick<StoredItem, "group" | "resource" | "namespace" | "name">): string {
  return itemTitle({ group: item.group, resource: item.resource }, item);
}

async function findParts(
  store: ObjectReader,
  restore: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const parts: string[] = [];
  for await (const { objects } of store.list(restoreFolder(restore), { signal })) {
    for (const { key } of objects) {
      const part = beforePartOf(restoreFileOf(key)?.file ?? "");
      if (part !== undefined) parts.push(part);
    }
  }
  return parts.sort();
}

interface Part {
  readonly restore: string;
  readonly part: string;
  readonly manifest: BeforeManifest;
}

async function openPart(
  store: ObjectReader,
  { restore, part, manifest }: Part,
  signal: AbortSignal,
): Promise<StoredBackup> {
  const files = beforeFiles(part);
  const read = async (file: string, record: BeforeManifest["index"]): Promise<Uint8Array> => {
    const key = restoreKey(restore, file);
    const bytes = await readWhole(store, { key }, { maxBytes: MAX_PART_BYTES, signal });
    if (createHash("sha256").update(bytes).digest("hex") === record.sha256) return bytes;
    throw new Failure("backup-damaged", `${key} is not what was written`);
  };
  const indexBytes = await read(files.index, manifest.index);
  const index = await openIndex(
    {
      sizeBytes: indexBytes.length,
      read: async (offset, length) => indexBytes.subarray(offset, offset + length),
    },
    { archiveBytes: manifest.archive.sizeBytes, signal },
  );
  // Each item's digest is checked when it is read.
  const key = restoreKey(restore, files.archive);
  return new StoredBackup({
    summary: summaryOf(restore),
    manifest: undefined,
    notices: [],
    index,
    archive: {
      sizeBytes: manifest.archive.sizeBytes,
      read: (offset, length, stop) => store.get(key, { range: { offset, length }, signal: stop }),
    },
    signal,
    close: async () => undefined,
  });
}

function summaryOf(restore: string): BackupSummary {
  return {
    name: restore,
    origin: "kubectl-backup",
    phase: "Completed",
    startedAt: undefined,
    finishedAt: undefined,
    expiresAt: undefined,
    itemCount: undefined,
    errorCount: 0,
    warningCount: 0,
    labels: {},
    includedNamespaces: [],
    clusterName: undefined,
    clusterIds: {},
  };
}
