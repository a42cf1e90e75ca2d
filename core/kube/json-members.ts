import { InvalidJson, JsonScanner } from "./json-scanner.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN = 0x7b;
const CLOSE = 0x7d;

export interface JsonMember {
  readonly name: string;
  /** First byte of the value, and the byte behind its last. */
  readonly start: number;
  readonly end: number;
}

/** Walks the members of one object without parsing their values: what is read of an item is its few outermost names. */
export function* jsonMembers(object: Uint8Array): Generator<JsonMember, void, void> {
  const scanner = new JsonScanner();
  let at = expect(object, 0, OPEN);
  if (object[skipWhite(object, at)] === CLOSE) return;
  for (;;) {
    const nameStart = expect(object, at, QUOTE) - 1;
    const nameEnd = valueEnd(scanner, object, nameStart);
    const start = skipWhite(object, expect(object, nameEnd, COLON));
    const end = valueEnd(scanner, object, start);
    // What the scanner has accepted as a string is one for JSON.parse as well.
    yield { name: JSON.parse(text(object, nameStart, nameEnd)) as string, start, end };
    if (object[skipWhite(object, end)] === CLOSE) return;
    at = expect(object, end, COMMA);
  }
}

export function skipWhite(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isWhite(bytes[at])) at++;
  return at;
}

export function isWhite(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** The bytes of a string value as they stand between its quotes, escapes included: fit for comparing, not for showing. */
export function text(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("utf8");
}

/** The index behind the byte that has to come next. */
function expect(object: Uint8Array, from: number, byte: number): number {
  const at = skipWhite(object, from);
  if (object[at] !== byte) throw new InvalidJson(`${String.fromCharCode(byte)} is missing in an object`);
  return at + 1;
}

function valueEnd(scanner: JsonScanner, object: Uint8Array, from: number): number {
  scanner.reset();
  const end = scanner.scan(object, from);
  if (end === -1) throw new InvalidJson("the object is cut off");
  return end;
}
