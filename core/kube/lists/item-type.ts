import type { ItemKind } from "#core/model/item.ts";
import { apiVersion } from "#core/model/item.ts";
import { JsonMembers, skipWhite, startsWith } from "./json-members.ts";
import { SpareBuffer } from "./spare-buffer.ts";

const METADATA_FIRST = Buffer.from('{"metadata":');

/**
 * Items of a List of a built-in kind carry neither kind nor apiVersion; those of custom resources do. Returns what puts
 * them at the front of the items that lack them, in the order of Go's TypeMeta, and touches nothing else: these are then
 * the very bytes that a GET or a watch of the object sends. A large item is valid until the next call.
 */
export function typeSplicer(
  kind: Pick<ItemKind, "group" | "version" | "kind">,
): (items: readonly Uint8Array[]) => Uint8Array[] {
  const version = {
    name: Buffer.from("apiVersion"),
    json: `"apiVersion":${JSON.stringify(apiVersion(kind))}`,
  };
  const name = { name: Buffer.from("kind"), json: `"kind":${JSON.stringify(kind.kind)}` };
  const both = Buffer.from(`{${name.json},${version.json},`);
  const sorted = Buffer.from(`{${version.json},${name.json},`);
  const spare = new SpareBuffer();
  const typed = (item: Uint8Array) => {
    // In Go's order kind and apiVersion would come before metadata, and in sorted order too: both are missing.
    if (startsWith(item, METADATA_FIRST)) return joined(both, item.subarray(1), spare);
    if (startsWith(item, both) || startsWith(item, sorted)) return item;
    const missing = missingMembers(item, [name, version]);
    return missing.length === 0 ? item : joined(frontOf(item, missing), item.subarray(1), spare);
  };
  return (items) => {
    spare.takeBack();
    return items.map(typed);
  };
}

interface Member {
  readonly name: Uint8Array;
  readonly json: string;
}

function missingMembers(item: Uint8Array, wanted: readonly Member[]): readonly Member[] {
  const members = new JsonMembers(item);
  let missing = wanted;
  while (missing.length > 0 && members.next()) missing = missing.filter(({ name }) => !members.isNamed(name));
  return missing;
}

function frontOf(item: Uint8Array, missing: readonly Member[]): Uint8Array {
  const isEmpty = item[skipWhite(item, 1)] === 0x7d;
  return Buffer.from(`{${missing.map(({ json }) => json).join(",")}${isEmpty ? "" : ","}`);
}

function joined(front: Uint8Array, rest: Uint8Array, spare: SpareBuffer): Uint8Array {
  const whole = spare.lend(front.length + rest.length);
  whole.set(front);
  whole.set(rest, front.length);
  return whole;
}
