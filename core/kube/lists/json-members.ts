import { InvalidJson, JsonScanner } from "./json-scanner.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/**
 * Walks the members of one object without parsing them: all that is looked at of an item is its outermost names. Of
 * each member start and end tell where its value lies.
 */
export class JsonMembers {
  readonly #object: Uint8Array;
  readonly #scanner = new JsonScanner();
  #at: number;
  #more: boolean;
  #nameStart = 0;
  #nameEnd = 0;
  start = 0;
  end = 0;

  /** The object is the first value in the bytes. */
  constructor(object: Uint8Array) {
    this.#object = object;
    this.#at = expect(object, 0, OPEN);
    this.#more = object[skipWhite(object, this.#at)] !== CLOSE;
  }

  /** Goes on to the next member; false when there is none. */
  next(): boolean {
    if (!this.#more) return false;
    const object = this.#object;
    this.#nameStart = expect(object, this.#at, QUOTE) - 1;
    this.#nameEnd = this.#valueEnd(this.#nameStart);
    this.start = skipWhite(object, expect(object, this.#nameEnd, COLON));
    this.end = this.#valueEnd(this.start);
    this.#more = object[skipWhite(object, this.end)] !== CLOSE;
    this.#at = this.#more ? expect(object, this.end, COMMA) : this.end;
    return true;
  }

  /** Compares the bytes, which is what nearly every name needs. */
  isNamed(name: Uint8Array): boolean {
    const from = this.#nameStart + 1;
    const length = this.#nameEnd - 1 - from;
    if (length === name.length) {
      let i = 0;
      while (i < length && this.#object[from + i] === name[i]) i++;
      if (i === length) return true;
    }
    const escaped = this.#object.subarray(from, this.#nameEnd).includes(BACKSLASH);
    return (
      escaped && JSON.parse(text(this.#object, this.#nameStart, this.#nameEnd)) === text(name, 0, name.length)
    );
  }

  /** The value's own bytes. */
  get value(): Uint8Array {
    return this.#object.subarray(this.start, this.end);
  }

  #valueEnd(from: number): number {
    this.#scanner.reset();
    const end = this.#scanner.scan(this.#object, from);
    if (end === -1) throw new InvalidJson("an object is cut off");
    return end;
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

export function text(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("utf8");
}

/** The index behind the byte that has to come next. */
function expect(object: Uint8Array, from: number, byte: number): number {
  const at = skipWhite(object, from);
  if (object[at] !== byte) throw new InvalidJson(`${String.fromCharCode(byte)} is missing in an object`);
  return at + 1;
}

/** And goes on behind it. A loop, since a native comparison of so few bytes costs more. */
export function startsWith(bytes: Uint8Array, head: Uint8Array): boolean {
  if (bytes.length <= head.length) return false;
  for (let at = 0; at < head.length; at += 1) if (bytes[at] !== head[at]) return false;
  return true;
}
