/**
 * Steps over JSON byte by byte without building values: where a string, a value, an object's member ends.
 *
 * Structure is checked (strings and brackets close, and in the right order), spelling inside skipped values is not:
 * what is needed of them is parsed by JSON.parse afterwards. Every function takes and returns a position.
 */
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** Strings longer than this are searched by the native indexOf, whose call costs as much as so many steps here. */
const SHORT_STRING = 48;

export function malformed(what: string, at: number): SyntaxError {
  return new SyntaxError(`malformed JSON: ${what} at byte ${at}`);
}

export function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  for (;;) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return at;
    at += 1;
  }
}

/** `from` is the opening quote; the result lies behind the closing one. */
function skipString(bytes: Uint8Array, from: number): number {
  const near = Math.min(bytes.length, from + SHORT_STRING);
  let at = from + 1;
  while (at < near) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    at += byte === BACKSLASH ? 2 : 1;
  }
  return skipLongString(bytes, from, at);
}

/** `resume` lies inside the string and not behind a backslash. */
function skipLongString(bytes: Uint8Array, from: number, resume: number): number {
  let at = resume;
  for (;;) {
    const quote = bytes.indexOf(QUOTE, at);
    if (quote === -1) throw malformed("a string does not end, it begins", from);
    if (!isEscaped(bytes, quote, resume)) return quote + 1;
    at = quote + 1;
  }
}

/** An odd number of backslashes stands before it. */
function isEscaped(bytes: Uint8Array, quote: number, floor: number): boolean {
  let at = quote - 1;
  while (at >= floor && bytes[at] === BACKSLASH) at -= 1;
  return (quote - 1 - at) % 2 === 1;
}

export function skipValue(bytes: Uint8Array, from: number): number {
  const first = bytes[from];
  if (first === QUOTE) return skipString(bytes, from);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return skipNested(bytes, from);
  return skipLiteral(bytes, from);
}

/** What a byte outside strings means: 1 opens, 2 closes, 3 begins a string, 0 is passed over. */
const MEANING = new Uint8Array(256);
MEANING[OPEN_BRACE] = 1;
MEANING[OPEN_BRACKET] = 1;
MEANING[CLOSE_BRACE] = 2;
MEANING[CLOSE_BRACKET] = 2;
MEANING[QUOTE] = 3;

function skipNested(bytes: Uint8Array, from: number): number {
  const openers: number[] = [];
  let at = from;
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0;
    const meaning = MEANING[byte];
    if (meaning === 2) close(openers, byte, at);
    else if (meaning === 1) openers.push(byte);
    at = meaning === 3 ? skipString(bytes, at) : at + 1;
    if (openers.length === 0) return at;
  }
  throw malformed("a bracket does not close, it opens", from);
}

function close(openers: number[], byte: number, at: number): void {
  // ASCII puts each closing bracket two behind its opening one.
  if (openers.pop() !== byte - 2) throw malformed("a bracket closes another kind", at);
}

/** Numbers, true, false, null: letters, digits, plus, minus, dot. */
function skipLiteral(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isLiteralByte(bytes[at])) at += 1;
  if (at === from) throw malformed("a value is missing", from);
  return at;
}

function isLiteralByte(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  if (byte >= 0x61 && byte <= 0x7a) return true;
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x2b || byte === 0x2e || byte === 0x45;
}

/** Gets where a key stands (between its quotes) and where its value begins; returns where that ends. */
export type VisitMember = (key: ByteRange, valueStart: number) => number;

export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** `from` is the opening brace; the result lies behind the closing one. */
export function walkObject(bytes: Uint8Array, from: number, visit: VisitMember): number {
  if (bytes[from] !== OPEN_BRACE) throw malformed("an object is expected", from);
  let at = skipSpace(bytes, from + 1);
  if (bytes[at] === CLOSE_BRACE) return at + 1;
  for (;;) {
    at = skipSpace(bytes, walkMember(bytes, at, visit));
    if (bytes[at] === CLOSE_BRACE) return at + 1;
    if (bytes[at] !== COMMA) throw malformed("a comma or brace is expected", at);
    at = skipSpace(bytes, at + 1);
  }
}

function walkMember(bytes: Uint8Array, from: number, visit: VisitMember): number {
  if (bytes[from] !== QUOTE) throw malformed("a key is expected", from);
  const keyEnd = skipString(bytes, from);
  const colon = skipSpace(bytes, keyEnd);
  if (bytes[colon] !== COLON) throw malformed("a colon is expected", colon);
  return visit({ start: from + 1, end: keyEnd - 1 }, skipSpace(bytes, colon + 1));
}

/** Decoding costs a native call per key, so most keys are told apart by their length, unless they hold escapes. */
export function isKey(bytes: Buffer, key: ByteRange, wanted: string): boolean {
  if (key.end - key.start === wanted.length) return bytes.toString("latin1", key.start, key.end) === wanted;
  if (key.end - key.start < wanted.length || !holdsEscape(bytes, key)) return false;
  return JSON.parse(`"${bytes.toString("utf8", key.start, key.end)}"`) === wanted;
}

function holdsEscape(bytes: Uint8Array, { start, end }: ByteRange): boolean {
  for (let at = start; at < end; at += 1) if (bytes[at] === BACKSLASH) return true;
  return false;
}
