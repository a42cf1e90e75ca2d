import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { type IndexSource, openIndex } from "#core/format/archive-index.ts";
import { type ArchiveSource, readItems } from "#core/format/archive-reader.ts";
import { type ByteSink, type FinishedArchive, openArchiveWriter } from "#core/format/archive-writer.ts";
import type { ItemHeader, ItemKind } from "#core/model/item.ts";
import { readItemHeader } from "#core/objects/item-header.ts";

export const never = new AbortController().signal;

export const configMaps: ItemKind = {
  group: "",
  version: "v1",
  resource: "configmaps",
  kind: "ConfigMap",
  namespaced: true,
};
export const deployments: ItemKind = {
  group: "apps",
  version: "v1",
  resource: "deployments",
  kind: "Deployment",
  namespaced: true,
};
export const clusterRoles: ItemKind = {
  group: "rbac.authorization.k8s.io",
  version: "v1",
  resource: "clusterroles",
  kind: "ClusterRole",
  namespaced: false,
};

export interface TestItem {
  readonly kind: ItemKind;
  readonly header: ItemHeader;
  readonly bytes: Uint8Array;
}

export function makeItem(
  kind: ItemKind,
  ...[namespace, name, payload = "x"]: [string, string, string?]
): TestItem {
  const apiVersion = kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
  const uid = `uid-${kind.resource}-${namespace}-${name}`;
  const metadata = { name, ...(namespace === "" ? {} : { namespace }), uid, resourceVersion: "7" };
  const bytes = Buffer.from(JSON.stringify({ apiVersion, kind: kind.kind, metadata, payload }));
  return { kind, header: readItemHeader(bytes), bytes };
}

/** Names as the API server's loosest rule allows them (RBAC): anything but `/`, `%`, `.` and `..`. */
const anyName = fc.oneof(
  fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/),
  fc.string({ unit: "binary", minLength: 1, maxLength: 300 }).filter((name) => !/[/%]|^\.\.?$/.test(name)),
);

const anyItem = fc
  .record({
    kind: fc.constantFrom(configMaps, deployments, clusterRoles),
    namespace: fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,5}[a-z0-9])?$/),
    name: anyName,
    payload: fc.string({ unit: "binary", maxLength: 2000 }),
  })
  .map(({ kind, namespace, name, payload }) =>
    makeItem(kind, kind.namespaced ? namespace : "", name, payload),
  );

export const anyItems = fc.uniqueArray(anyItem, {
  maxLength: 40,
  selector: ({ kind, header }) => JSON.stringify([kind.resource, header.namespace, header.name]),
});

export class MemorySink implements ByteSink {
  readonly #chunks: Uint8Array[] = [];

  async write(chunk: Uint8Array): Promise<void> {
    this.#chunks.push(Buffer.from(chunk));
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

export interface BuiltArchive {
  readonly archive: Buffer;
  readonly index: Buffer;
  readonly finished: FinishedArchive;
  /** `resource namespace/name` as the finished archive tells them. */
  readonly keys: readonly string[];
}

export async function build(items: readonly TestItem[]): Promise<BuiltArchive> {
  const folder = mkdtempSync(join(tmpdir(), "archive-"));
  const archive = new MemorySink();
  const index = new MemorySink();
  const startedAt = new Date("2026-05-01T12:00:00Z");
  const writer = openArchiveWriter({ sink: archive, spillFolder: folder, startedAt, signal: never });
  try {
    for (const { kind, header, bytes } of items) await writer.add(kind, header, bytes);
    const finished = await writer.finish();
    await finished.writeIndex(index);
    const keys = finished.kinds.flatMap((kind) =>
      [...finished.keys(kind)].map(({ namespace, name }) => `${kind.resource} ${namespace}/${name}`),
    );
    return { archive: archive.bytes, index: index.bytes, finished, keys };
  } finally {
    await writer.discard();
    rmSync(folder, { recursive: true });
  }
}

/** Counts requests; a range that does not lie inside fails, as a store would. */
export function indexSource(bytes: Uint8Array): IndexSource & { readonly reads: [number, number][] } {
  const reads: [number, number][] = [];
  return {
    reads,
    sizeBytes: bytes.length,
    read: async (offset, length) => {
      reads.push([offset, length]);
      return slice(bytes, offset, length);
    },
  };
}

export function archiveSource(bytes: Uint8Array): ArchiveSource & { readonly reads: [number, number][] } {
  const reads: [number, number][] = [];
  return {
    reads,
    sizeBytes: bytes.length,
    async *read(offset, length, signal) {
      signal.throwIfAborted();
      reads.push([offset, length]);
      const range = slice(bytes, offset, length);
      for (let at = 0; at < range.length; at += 1000) yield range.subarray(at, at + 1000);
    },
  };
}

function slice(bytes: Uint8Array, offset: number, length: number): Uint8Array {
  if (offset < 0 || offset + length > bytes.length) throw new RangeError("outside of the file");
  return bytes.subarray(offset, offset + length);
}

export async function* once(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of source) found.push(one);
  return found;
}

export function flipped(bytes: Uint8Array, at: number, mask: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ mask;
  return copy;
}

export function unzipped(archive: Uint8Array): Buffer {
  return gunzipSync(archive);
}

/** Every item of an archive by `resource namespace/name`: its bytes, or what is wrong with it. */
export async function readAll(
  archive: Uint8Array,
  index: Uint8Array,
): Promise<Map<string, Uint8Array | string>> {
  const opened = await openIndex(indexSource(index), { archiveBytes: archive.length, signal: never });
  const read = new Map<string, Uint8Array | string>();
  for (const kind of opened.kinds) {
    const entries = (await collect(opened.entries(kind, { signal: never }))).flat();
    const options = { readHeader: readItemHeader, signal: never };
    for (const result of await collect(readItems(archiveSource(archive), entries, options))) {
      const { resource, namespace, name } = result.entry;
      read.set(`${resource} ${namespace}/${name}`, result.damage ?? result.bytes);
    }
  }
  return read;
}

export function titleOf({ kind, header }: TestItem): string {
  return `${kind.resource} ${header.namespace}/${header.name}`;
}
