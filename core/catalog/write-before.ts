import { createHash } from "node:crypto";
import { type ByteSink, openArchiveWriter } from "#core/format/archive-writer.ts";
import { beforeFiles, encodeBeforeManifest } from "#core/format/before-files.ts";
import { itemTitle } from "#core/model/item.ts";
import { readItemHeader } from "#core/objects/item-header.ts";
import type { BeforeImage } from "./catalog.ts";

export interface BeforeTarget {
  readonly part: string;
  readonly tempFolder: string;
  readonly createdAt: Date;
  readonly put: (file: string, body: Uint8Array) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Stores a part: archive and index, then the manifest that makes them count. */
export async function writeBefore(images: readonly BeforeImage[], target: BeforeTarget): Promise<void> {
  const { archive, index } = await pack(images, target);
  const files = beforeFiles(target.part);
  await Promise.all([target.put(files.archive, archive), target.put(files.index, index)]);
  const expected = images.map(({ kind, bytes, expected: digest }) => [
    itemTitle(kind, readItemHeader(bytes)),
    digest,
  ]);
  const manifest = encodeBeforeManifest({
    createdAt: target.createdAt.toISOString(),
    archive: recordOf(archive),
    index: recordOf(index),
    expected: Object.fromEntries(expected),
  });
  await target.put(files.manifest, manifest);
}

async function pack(images: readonly BeforeImage[], { tempFolder, createdAt, signal }: BeforeTarget) {
  const archive = new CollectingSink();
  const index = new CollectingSink();
  const writer = openArchiveWriter({ sink: archive, spillFolder: tempFolder, startedAt: createdAt, signal });
  try {
    for (const { kind, bytes } of images) await writer.add(kind, readItemHeader(bytes), bytes);
    const finished = await writer.finish();
    await finished.writeIndex(index);
    return { archive: archive.bytes(), index: index.bytes() };
  } finally {
    await writer.discard();
  }
}

class CollectingSink implements ByteSink {
  readonly #chunks: Uint8Array[] = [];

  async write(chunk: Uint8Array): Promise<void> {
    this.#chunks.push(Uint8Array.from(chunk));
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }
}

function recordOf(bytes: Uint8Array) {
  return { sizeBytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}
