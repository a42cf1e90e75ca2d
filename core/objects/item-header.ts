/**
 * objects: what a Kubernetes object says, what its server set and what its user wrote, all pure. It must not know
 * clusters, backups or selections. Its one rule: an object's bytes are the truth, parsed copies only decide.
 */
import { Failure } from "#core/model/errors.ts";
import type { ItemHeader, OwnerReference } from "#core/model/item.ts";
import { type ByteRange, isKey, malformed, skipSpace, skipValue, walkObject } from "./scan-json.ts";

export interface IdentifiedHeader extends ItemHeader {
  readonly apiVersion: string;
  readonly kind: string;
}

/**
 * Reads an object's identity and metadata and steps over everything else, which is most of its bytes. The whole text
 * must be one closed JSON object. Failure cluster-error where it is not, or where a field has an impossible type or
 * stands there twice (two readers would then see two objects).
 */
export function readItemHeader(bytes: Uint8Array): IdentifiedHeader {
  try {
    return identifiedHeader(readTop(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new Failure("cluster-error", `an object cannot be read: ${error.message}`, { cause: error });
  }
}

interface TopFields {
  readonly apiVersion: unknown;
  readonly kind: unknown;
  readonly metadata: Readonly<Record<string, unknown>>;
}

const TOP_FIELDS = ["apiVersion", "kind", "metadata"] as const;

function readTop(bytes: Buffer): TopFields {
  const fields: { apiVersion?: unknown; kind?: unknown; metadata?: unknown } = {};
  const end = walkObject(bytes, skipSpace(bytes, 0), (key, start) => {
    const field = TOP_FIELDS.find((name) => isKey(bytes, key, name));
    if (field === undefined) return skipValue(bytes, start);
    if (field in fields) throw new SyntaxError(`${field} stands there twice`);
    const read = field === "metadata" ? readMetadata(bytes, start) : readValue(bytes, start);
    fields[field] = read.value;
    return read.end;
  });
  if (skipSpace(bytes, end) !== bytes.length) throw malformed("something follows the object", end);
  return {
    apiVersion: fields.apiVersion,
    kind: fields.kind,
    metadata: asRecord(fields.metadata, "metadata"),
  };
}

interface Read {
  readonly value: unknown;
  readonly end: number;
}

function readValue(bytes: Buffer, start: number): Read {
  const end = skipValue(bytes, start);
  return { value: JSON.parse(bytes.toString("utf8", start, end)), end };
}

/** managedFields is often half of an object: only its place is found, and `null` put there. */
function readMetadata(bytes: Buffer, start: number): Read {
  let members = 0;
  let cut: ByteRange | undefined;
  const end = walkObject(bytes, start, (key, valueStart) => {
    members += 1;
    const valueEnd = skipValue(bytes, valueStart);
    if (isKey(bytes, key, "managedFields")) cut = { start: valueStart, end: valueEnd };
    return valueEnd;
  });
  const value = asRecord(JSON.parse(textWithout(bytes, { start, end }, cut)), "metadata");
  // JSON.parse keeps the last of two equal keys.
  if (Object.keys(value).length !== members) throw new SyntaxError("metadata holds a key twice");
  return { value, end };
}

function textWithout(bytes: Buffer, whole: ByteRange, cut: ByteRange | undefined): string {
  if (cut === undefined) return bytes.toString("utf8", whole.start, whole.end);
  return `${bytes.toString("utf8", whole.start, cut.start)}null${bytes.toString("utf8", cut.end, whole.end)}`;
}

/** Checks the types of what was read. SyntaxError where one is impossible. */
export function identifiedHeader({ apiVersion, kind, metadata }: TopFields): IdentifiedHeader {
  const generation = metadata["generation"];
  const deletion = metadata["deletionTimestamp"];
  return {
    apiVersion: text(apiVersion, "apiVersion"),
    kind: text(kind, "kind"),
    namespace: optionalText(metadata["namespace"], "metadata.namespace"),
    name: text(metadata["name"], "metadata.name"),
    uid: optionalText(metadata["uid"], "metadata.uid"),
    resourceVersion: optionalText(metadata["resourceVersion"], "metadata.resourceVersion"),
    generation: typeof generation === "number" ? generation : undefined,
    labels: readTextMap(metadata["labels"], "metadata.labels"),
    annotations: readTextMap(metadata["annotations"], "metadata.annotations"),
    owners: readOwners(metadata["ownerReferences"]),
    deletionTimestamp: typeof deletion === "string" ? deletion : undefined,
  };
}

function text(value: unknown, field: string): string {
  if (typeof value !== "string" || value === "")
    throw new SyntaxError(`${field} is not a string with content`);
  return value;
}

function optionalText(value: unknown, field: string): string {
  return value === undefined || value === null || value === "" ? "" : text(value, field);
}

const NO_TEXTS: Readonly<Record<string, string>> = Object.freeze({});

export function readTextMap(value: unknown, field: string): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return NO_TEXTS;
  const map = asRecord(value, field);
  for (const key in map) {
    if (typeof map[key] !== "string") throw new SyntaxError(`${field} holds something that is not a string`);
  }
  // Every value has just been seen to be a string.
  return map as Readonly<Record<string, string>>;
}

const NO_OWNERS: readonly OwnerReference[] = Object.freeze([]);

export function readOwners(value: unknown): readonly OwnerReference[] {
  if (value === undefined || value === null) return NO_OWNERS;
  if (!Array.isArray(value)) throw new SyntaxError("metadata.ownerReferences is not a list");
  return value.map((entry: unknown) => {
    const owner = asRecord(entry, "an owner reference");
    return {
      apiVersion: text(owner["apiVersion"], "an owner's apiVersion"),
      kind: text(owner["kind"], "an owner's kind"),
      name: text(owner["name"], "an owner's name"),
      uid: text(owner["uid"], "an owner's uid"),
    };
  });
}

function asRecord(value: unknown, field: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new SyntaxError(`${field} is not an object`);
  }
  // Checked on the line above: JSON has no other objects.
  return value as Readonly<Record<string, unknown>>;
}
