import type { ItemKind } from "#core/model/item.ts";
import { apiVersion } from "#core/model/item.ts";
import { jsonMembers, skipWhite } from "./json-members.ts";

const METADATA_FIRST = Buffer.from('{"metadata":');

/**
 * Items of a List of a built-in kind carry neither apiVersion nor kind; those of custom resources do. Returns what puts
 * them at the front of the items that lack them and touches nothing else.
 */
export function typeSplicer(
  kind: Pick<ItemKind, "group" | "version" | "kind">,
): (item: Uint8Array) => Uint8Array {
  const version = `"apiVersion":${JSON.stringify(apiVersion(kind))}`;
  const name = `"kind":${JSON.stringify(kind.kind)}`;
  const typed = [Buffer.from(`{${version},${name},`), Buffer.from(`{${name},${version},`)];
  return (item) => {
    if (typed.some((head) => startsWith(item, head))) return item;
    const missing = missingMembers(item, { apiVersion: version, kind: name });
    return missing.length === 0 ? item : spliceFront(item, missing);
  };
}

function missingMembers(item: Uint8Array, wanted: Readonly<Record<string, string>>): string[] {
  // In Go's order apiVersion and kind come before metadata, and in sorted order too: the rest need not be looked at.
  if (startsWith(item, METADATA_FIRST)) return Object.values(wanted);
  const present = new Set(Array.from(jsonMembers(item), (member) => member.name));
  return Object.entries(wanted)
    .filter(([name]) => !present.has(name))
    .map(([, member]) => member);
}

function spliceFront(item: Uint8Array, members: readonly string[]): Uint8Array {
  const isEmpty = item[skipWhite(item, 1)] === 0x7d;
  return Buffer.concat([Buffer.from(`{${members.join(",")}${isEmpty ? "" : ","}`), item.subarray(1)]);
}

function startsWith(item: Uint8Array, head: Uint8Array): boolean {
  return item.length > head.length && Buffer.compare(item.subarray(0, head.length), head) === 0;
}
