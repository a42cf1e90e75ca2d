import { hash } from "node:crypto";
import type { ItemKind } from "#core/model/item.ts";
import { groupResource } from "#core/model/item.ts";
import type { ItemKey } from "./index-entry.ts";

/**
 * Entries of the tar stream, in POSIX ustar with pax records where ustar cannot hold the path (POSIX.1-2017, pax,
 * "ustar Interchange Format"). Own code: libraries build streams of entries, here an entry is written straight into
 * the member that is being filled, and its place must be known.
 */
export const TAR_BLOCK = 512;

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

function segment(text: string, suffixBytes = 0): string {
  const dots = suffixBytes === 0 && (text === "." || text === "..");
  const writable = text !== "" && !dots && !/[\0/]/.test(text) && text.isWellFormed();
  return writable && Buffer.byteLength(text) + suffixBytes <= MAX_SEGMENT_BYTES
    ? text
    : `%${hash("sha256", Buffer.from(text, "utf16le"), "hex")}`;
}

export interface TarEntry {
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedAt: Date;
}

/** All that stands before the entry's bytes: its header, led by a pax header where the path needs one. */
export function tarHead(entry: TarEntry): Uint8Array {
  const split = splitPath(entry.path);
  if (split !== undefined) return header({ ...entry, ...split, type: "0", mode: 0o755 });
  const record = Buffer.from(paxRecord("path", entry.path));
  const shown = entry.path.replace(/[^ -~]/g, "_").slice(0, NAME_BYTES);
  return Buffer.concat([
    header({
      ...entry,
      name: "PaxHeader/path",
      prefix: "",
      sizeBytes: record.length,
      type: "x",
      mode: 0o644,
    }),
    record,
    Buffer.alloc(tarPadding(record.length)),
    header({ ...entry, name: shown, prefix: "", type: "0", mode: 0o755 }),
  ]);
}

/** Zeros from the end of an entry's bytes to the next block. */
export function tarPadding(sizeBytes: number): number {
  return (TAR_BLOCK - (sizeBytes % TAR_BLOCK)) % TAR_BLOCK;
}

/** ustar holds a path of up to 100 bytes, or one split at a slash into at most 155 and 100; ASCII for every reader. */
function splitPath(path: string): { readonly name: string; readonly prefix: string } | undefined {
  if (!/^[ -~]*$/.test(path)) return undefined;
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

interface HeaderFields extends TarEntry {
  readonly name: string;
  readonly prefix: string;
  readonly type: "0" | "x";
  readonly mode: number;
}

function header(fields: HeaderFields): Uint8Array {
  const block = Buffer.alloc(TAR_BLOCK);
  block.write(fields.name, 0, "latin1");
  block.write(`${octal(fields.mode, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0`, 100, "latin1");
  block.write(`${octal(fields.sizeBytes, 11)}\0${octal(seconds(fields.modifiedAt), 11)}\0`, 124, "latin1");
  // The checksum counts its own field as spaces.
  block.write(`        ${fields.type}`, 148, "latin1");
  block.write("ustar\x0000", 257, "latin1");
  block.write(`${octal(0, 7)}\0${octal(0, 7)}\0${fields.prefix}`, 329, "latin1");
  block.write(`${octal(byteSum(block), 6)}\0 `, 148, "latin1");
  return block;
}

function seconds(time: Date): number {
  return Math.max(0, Math.floor(time.getTime() / 1000));
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}

function byteSum(block: Uint8Array): number {
  let sum = 0;
  for (const byte of block) sum += byte;
  return sum;
}
