import { describeError, Failure } from "#core/model/errors.ts";
import { groupResource, type ItemHeader, type ItemKind } from "#core/model/item.ts";
import { sameKind } from "./archive-index-order.ts";
import { groupOf, type ReadHeader } from "./index-entry.ts";
import { readTarGz, type TarFile } from "./tar-entries.ts";
import { fileStem } from "./tar-writer.ts";

export interface ForeignItem {
  readonly kind: ItemKind;
  readonly header: ItemHeader;
  readonly bytes: Uint8Array;
}

/** An item, or what lies in the archive and cannot be read. */
export type ForeignEntry = ForeignItem | { readonly notice: string };

export interface ForeignOptions {
  readonly readHeader: ReadHeader;
  readonly signal: AbortSignal;
}

/** The largest object a server takes by default is 3 MiB. */
const MAX_OBJECT_BYTES = 16 * 1024 * 1024;
const MAX_TOTAL_BYTES = 64 * 1024 * 1024 * 1024;

/** Their paths are remembered, to find duplicates: 100 bytes each. */
const MAX_FILES = 5_000_000;

/**
 * Velero's archive, or any in its layout (ours too, when its index is lost), in one pass. The archive is not trusted:
 * what is no object in its proper place is named in a notice and goes no further. Objects stored a second time under
 * their API version are left out. Failure backup-damaged where the archive as a whole cannot be read.
 */
export async function* readVeleroArchive(
  chunks: AsyncIterable<Uint8Array>,
  { readHeader, signal }: ForeignOptions,
): AsyncGenerator<ForeignEntry> {
  const seen = new Set<string>();
  const kinds = new Map<string, ItemKind>();
  const caps = { fileBytes: MAX_OBJECT_BYTES, totalBytes: MAX_TOTAL_BYTES };
  for await (const file of readTarGz(chunks, caps, signal)) {
    if (isBeside(file)) continue;
    if (seen.has(file.path)) yield { notice: `${shown(file.path)} stands there twice: the first one counts` };
    else yield readFile(file, readHeader, kinds);
    seen.add(file.path);
    if (seen.size > MAX_FILES) {
      throw new Failure("backup-damaged", `the backup's archive holds more than ${MAX_FILES} files`);
    }
  }
}

/** Folders, the format's version, and objects again under `<version>[-preferredversion]`. */
function isBeside({ path, type }: TarFile): boolean {
  if (type === "directory" || path.startsWith("metadata/")) return true;
  return /^resources\/[^/]+\/v[0-9][^/]*\/(cluster|namespaces\/[^/]+)\/[^/]+$/.test(path);
}

function readFile(file: TarFile, readHeader: ReadHeader, kinds: Map<string, ItemKind>): ForeignEntry {
  const { path, type, bytes } = file;
  if (type !== "file") return refused(path, `it is a ${shown(type)}`);
  if (bytes === undefined) return refused(path, `it is larger than ${MAX_OBJECT_BYTES} bytes`);
  const place = parsePath(path);
  if (place === undefined) return refused(path, "its path is not an object's");
  try {
    const { apiVersion, kind, ...header } = readHeader(bytes);
    const group = groupOf(apiVersion);
    const trouble = placeTrouble(place, group, header);
    if (trouble !== undefined) return refused(path, trouble);
    const version = apiVersion.slice(group === "" ? 0 : group.length + 1);
    const { resource, namespaced } = place;
    const own = { group, version, resource, kind, namespaced };
    const known = kinds.get(place.groupResource) ?? own;
    kinds.set(place.groupResource, known);
    if (!sameKind(known, own) && !isOtherDefinition(known, own))
      return refused(path, `beside it lie objects that are ${shown(`${known.version} ${known.kind}`)}`);
    return { kind: known, header, bytes };
  } catch (error) {
    return refused(path, describeError(error));
  }
}

/**
 * Of a server that had both versions Velero stores definitions as v1, and as v1beta1 where v1 would not take them back:
 * in one folder, which counts as one kind here. Which of both an object is it says itself.
 */
function isOtherDefinition(known: ItemKind, own: ItemKind): boolean {
  return (
    groupResource(own) === "customresourcedefinitions.apiextensions.k8s.io" &&
    sameKind(known, { ...own, version: known.version })
  );
}

interface ObjectPlace {
  readonly groupResource: string;
  readonly resource: string;
  readonly group: string;
  readonly namespaced: boolean;
  readonly namespace: string;
  readonly stem: string;
}

const OBJECT_PATH =
  /^resources\/(?<groupResource>[^/]+)\/(?:cluster|namespaces\/(?<namespace>[^/]+))\/(?<stem>[^/]+)\.json$/s;

function parsePath(path: string): ObjectPlace | undefined {
  const { groupResource, namespace, stem } = OBJECT_PATH.exec(path)?.groups ?? {};
  if (groupResource === undefined || stem === undefined) return undefined;
  if (groupResource.startsWith(".") || namespace === "." || namespace === "..") return undefined;
  const dot = groupResource.indexOf(".");
  const resource = dot === -1 ? groupResource : groupResource.slice(0, dot);
  const group = dot === -1 ? "" : groupResource.slice(dot + 1);
  return {
    groupResource,
    resource,
    group,
    namespaced: namespace !== undefined,
    namespace: namespace ?? "",
    stem,
  };
}

/** Whoever decides by the path and whoever decides by the object must see the same object. */
function placeTrouble(place: ObjectPlace, group: string, header: ItemHeader): string | undefined {
  if (group !== place.group) return `the object in it is of the API group "${shown(group)}"`;
  if (header.namespace !== place.namespace) {
    return `the object in it is of the namespace "${shown(header.namespace)}"`;
  }
  if (header.name !== place.stem && fileStem(header.name) !== place.stem) {
    return `the object in it is named "${shown(header.name)}"`;
  }
  return undefined;
}

function refused(path: string, why: string): ForeignEntry {
  return { notice: `${shown(path)} is left out: ${why}` };
}

/** Foreign text on its way to a terminal: short, and without control characters. */
function shown(text: string): string {
  const plain = text.replace(/\p{C}/gu, "\uFFFD");
  return plain.length > 300 ? `${plain.slice(0, 300)}…` : plain;
}
