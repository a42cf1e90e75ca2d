import { type IdentifiedHeader, identifiedHeader, readItemHeader } from "./item-header.ts";

/**
 * The header of an object that came from the API server's own serializer and whose JSON the list scanner has found
 * whole. The serializer's two orders are known, so managedFields (often half of an object) and all behind metadata are
 * jumped over instead of scanned: a third of readItemHeader's time. Whatever looks different is left to that one.
 *
 * Built-in kinds: `{"kind":…,"apiVersion":…,"metadata":{…,"managedFields":[…]},…`, name and uid before managedFields.
 * Custom resources: keys sorted, so `…"managedFields":[…],"name":…,"namespace":…,"resourceVersion":…,"uid":…}`.
 */
export function readServedHeader(bytes: Uint8Array): IdentifiedHeader {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return jumpToHeader(buffer) ?? readItemHeader(bytes);
}

const OPENING =
  /^\{"(?:kind":"([\w.-]+)","apiVersion":"([\w./-]+)|apiVersion":"([\w./-]+)","kind":"([\w.-]+))","metadata":\{/;
/** apiVersion and kind are names of at most 253 and 63 characters; longer ones take the slow way. */
const OPENING_BYTES = 256;
/** No string can hold these unescaped, so each is really a key. */
const MANAGED_FIELDS = Buffer.from('"managedFields":[');
/** managedFields holds no other list, so this is its end. */
const NAME_BEHIND = Buffer.from('],"name":"');
const RESOURCE_VERSION = Buffer.from('"resourceVersion":"');
const CLOSING_BRACE = 0x7d;

function jumpToHeader(bytes: Buffer): IdentifiedHeader | undefined {
  const opening = OPENING.exec(bytes.toString("latin1", 0, OPENING_BYTES));
  if (opening === null) return undefined;
  const start = opening[0].length;
  const cut = bytes.indexOf(MANAGED_FIELDS, start);
  if (cut === -1) return undefined;
  const before = parseMembers(bytes, start, cut);
  const metadata = before === undefined || "name" in before ? before : withTail(bytes, before, cut);
  if (metadata === undefined) return undefined;
  const [, kind = opening[4], apiVersion = opening[3]] = opening;
  return identifiedHeader({ apiVersion, kind, metadata });
}

function withTail(bytes: Buffer, before: object, cut: number): Readonly<Record<string, unknown>> | undefined {
  const name = bytes.indexOf(NAME_BEHIND, cut);
  if (name === -1) return undefined;
  const version = bytes.indexOf(RESOURCE_VERSION, name);
  const end = version === -1 ? -1 : bytes.indexOf(CLOSING_BRACE, version);
  if (end === -1) return undefined;
  const after = parseMembers(bytes, name + 2, end);
  return after === undefined ? undefined : { ...before, ...after };
}

/** Members of an object without its braces. A jump that went astray leaves braces open or commas alone: no JSON. */
function parseMembers(
  bytes: Buffer,
  start: number,
  end: number,
): Readonly<Record<string, unknown>> | undefined {
  const text = bytes.toString("utf8", start, end);
  try {
    return JSON.parse(`{${text.endsWith(",") ? text.slice(0, -1) : text}}`);
  } catch {
    return undefined;
  }
}
