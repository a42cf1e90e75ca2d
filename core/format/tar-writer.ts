import { hash } from "node:crypto";
import type { ItemKind } from "#core/model/item.ts";
import { groupResource } from "#core/model/item.ts";
import type { ItemKey } from "./index-entry.ts";

/**
 * Entries of the tar stream, in POSIX ustar with pax records where ustar cannot hold the path (POSIX.1-2017, pax,
 * "ustar Interchange Format"). Own code: libraries build streams of entries, here an entry is written straight into
 * the member that is being filled, and its place must be known.
 */
const TAR_BLOCK = 512;

/** Two blocks of zeros. */
export const TAR_END_BYTES = 2 * TAR_BLOCK;

/** What common file systems allow for one path segment: Velero and tar unpack to files. */
const MAX_SEGMENT_BYTES = 255;

const NAME_BYTES = 100;
const PREFIX_BYTES = 155;

/** Velero's layout: `resources/<resource[.group]>/cluster/<name>.json` or `…/namespaces/<namespace>/<name>.json`. */
export function tarPath(kind: Pick<ItemKind, "group" | "resource">, item: ItemKey): string {
  const scope = item.namespace === "" ? "cluster" : `namespaces/${segment(item.namespace)}`;
  return `resources/${segment(groupResource(kind))}/${scope}/${fileStem(item.name)}.json`;
}

/**
 * The file's name without `.json`: the object's name, or, where that cannot be a file's name (slash, NUL, half a
 * surrogate pair, more than 255 bytes with `.json`), `%` and the sha256 of the name. `%` occurs in no name that the
 * API server accepts, so the two never meet; readers take the name from the bytes or the index.
 */
export function fileStem(name: string): string {
  return segment(name, ".json".length);
}

/** Nearly all names: nothing else to look at. */
const PLAIN_SEGMENT = /^[a-z0-9][-a-z0-9.:]{0,199}$/;

function segment(text: string, suffixBytes = 0): string {
  if (PLAIN_SEGMENT.test(text)) return text;
  const dots = suffixBytes === 0 && (text === "." || text === "..");
  const writable = text !== "" && !dots && !/[\0/]/.test(text) && text.isWellFormed();
  return writable && Buffer.byteLength(text) + suffixBytes <= MAX_SEGMENT_BYTES
    ? text
    : `%${hash("sha256", Buffer.from(text, "utf16le"), "hex")}`;
}

export interface TarEntry {
  readonly path: string;
  readonly sizeBytes: number;
}

/** The header's fields that this writer fills, as offsets (POSIX ustar). */
const AT = {
  name: 0,
  mode: 100,
  size: 124,
  time: 136,
  checksum: 148,
  type: 156,
  magic: 257,
  prefix: 345,
} as const;

/** Makes what stands before entries' bytes. One block is filled again and again: there are as many as items. */
export class TarHeads {
  readonly #block: Uint8Array;
  /** Of the block without name, size and prefix; the checksum counts its own field as spaces. */
  readonly #baseSum: number;

  constructor(modifiedAt: Date) {
    this.#block = baseBlock(modifiedAt);
    this.#baseSum = this.#block.reduce((sum, byte) => sum + byte, 0);
  }

  /** Valid until the next call. A pax header leads where ustar cannot hold the path. */
  head({ path, sizeBytes }: TarEntry): Uint8Array {
    const split = splitPath(path);
    if (split !== undefined) return this.#fill({ ...split, sizeBytes, type: TYPE_FILE });
    const record = Buffer.from(paxRecord("path", path));
    const shown = path.replace(/[^ -~]/g, "_").slice(0, NAME_BYTES);
    const pax: HeaderFields = {
      name: "PaxHeader/path",
      prefix: "",
      sizeBytes: record.length,
      type: TYPE_PAX,
    };
    return Buffer.concat([
      Uint8Array.from(this.#fill(pax)),
      record,
      Buffer.alloc(tarPadding(record.length)),
      this.#fill({ name: shown, prefix: "", sizeBytes, type: TYPE_FILE }),
    ]);
  }

  #fill({ name, prefix, sizeBytes, type }: HeaderFields): Uint8Array {
    const block = this.#block;
    block.fill(0, AT.name, AT.name + NAME_BYTES);
    block.fill(0, AT.prefix, AT.prefix + PREFIX_BYTES);
    block[AT.type] = type;
    const sum =
      this.#baseSum +
      type +
      putText(block, AT.name, name) +
      putText(block, AT.prefix, prefix) +
      putText(block, AT.size, octal(sizeBytes, 11));
    putText(block, AT.checksum, `${octal(sum, 6)}\0 `);
    return block;
  }
}

interface HeaderFields {
  readonly name: string;
  readonly prefix: string;
  readonly sizeBytes: number;
  readonly type: typeof TYPE_FILE | typeof TYPE_PAX;
}

/** Type flags `0` and `x`. */
const TYPE_FILE = 0x30;
const TYPE_PAX = 0x78;

/** Mode 0755, owner and device numbers 0, as Velero writes them. */
function baseBlock(modifiedAt: Date): Uint8Array {
  const block = new Uint8Array(TAR_BLOCK);
  const zero = `${octal(0, 7)}\0`;
  const seconds = Math.max(0, Math.floor(modifiedAt.getTime() / 1000));
  putText(block, AT.mode, `${octal(0o755, 7)}\0${zero}${zero}`);
  putText(block, AT.time, `${octal(seconds, 11)}\0${" ".repeat(8)}`);
  putText(block, AT.magic, "ustar\x0000");
  putText(block, AT.prefix - 2 * zero.length, `${zero}${zero}`);
  return block;
}

/** ASCII only; returns the sum of the bytes. A loop, since a native call for so few bytes costs more. */
function putText(block: Uint8Array, at: number, text: string): number {
  let sum = 0;
  for (let index = 0; index < text.length; index += 1) {
    const byte = text.charCodeAt(index);
    block[at + index] = byte;
    sum += byte;
  }
  return sum;
}

/** Zeros from the end of an entry's bytes to the next block. */
export function tarPadding(sizeBytes: number): number {
  return (TAR_BLOCK - (sizeBytes % TAR_BLOCK)) % TAR_BLOCK;
}

const ASCII = /^[ -~]*$/;

/** ustar holds a path of up to 100 bytes, or one split at a slash into at most 155 and 100; ASCII for every reader. */
function splitPath(path: string): { readonly name: string; readonly prefix: string } | undefined {
  if (!ASCII.test(path)) return undefined;
  if (path.length <= NAME_BYTES) return { name: path, prefix: "" };
  const slash = path.indexOf("/", path.length - NAME_BYTES - 1);
  if (slash === -1 || slash > PREFIX_BYTES) return undefined;
  return { name: path.slice(slash + 1), prefix: path.slice(0, slash) };
}

/** `<length> <key>=<value>\n`, where the length counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + 1;
  while (rest + String(length).length > length) length += 1;
  return `${length} ${key}=${value}\n`;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}
