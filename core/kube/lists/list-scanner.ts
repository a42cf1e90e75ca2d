import { isWhite, text } from "./json-members.ts";
import { InvalidJson, JsonScanner, TruncatedJson } from "./json-scanner.ts";
import { SpareBuffer } from "./spare-buffer.ts";

/** The part of a List's metadata that paging needs. */
export interface ListMeta {
  readonly resourceVersion: string;
  /** "" on the last page. */
  readonly continueToken: string;
  /** Absent on the last page and wherever a selector was given. */
  readonly remainingItemCount?: number | undefined;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** What may come next outside of the values, which are left to the JsonScanner. */
type Expected =
  | "open"
  | "firstName"
  | "name"
  | "colon"
  | "value"
  | "firstItem"
  | "item"
  | "afterItem"
  | "afterValue"
  | "end";

/**
 * Takes a List in whatever chunks it comes and gives each item as the slice of bytes that the server sent. An item that
 * lies within one chunk is not copied; at most one item is held beyond a chunk, and a large one only until the next
 * chunk is pushed. Members may stand in any order: custom resources have `items` before `metadata`.
 */
export class ListScanner {
  #expected: Expected = "open";
  readonly #value = new JsonScanner();
  /** The value that is being read began in earlier chunks. */
  #pieces: Uint8Array[] = [];
  readonly #spare = new SpareBuffer();
  #inValue = false;
  #name = "";
  #sawItems = false;
  #meta: ListMeta | undefined;

  /** The items that are whole with this chunk; those of LARGE_BYTES and more are valid until the next one. */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#spare.takeBack();
    const items: Uint8Array[] = [];
    let at = 0;
    while (at < chunk.length) at = this.#inValue ? this.#readValue(chunk, at, items) : this.#step(chunk, at);
    return items;
  }

  /** The List's metadata as far as it is known: custom resources bring it last. */
  get meta(): ListMeta | undefined {
    return this.#meta;
  }

  /** To be called at the end of the body; throws unless the List was whole. */
  end(): ListMeta {
    if (this.#expected !== "end" || this.#inValue) throw new TruncatedJson("the List is cut off");
    if (!this.#sawItems || this.#meta === undefined) throw new InvalidJson("the reply is not a List");
    return this.#meta;
  }

  #step(chunk: Uint8Array, at: number): number {
    const byte = chunk[at] ?? 0;
    if (isWhite(byte)) return at + 1;
    const next = this.#next(byte);
    if (next !== "begin") {
      this.#expected = next;
      return at + 1;
    }
    this.#value.reset();
    this.#inValue = true;
    return at;
  }

  /** "begin": a value starts with this byte and the scanner takes over. */
  #next(byte: number): Expected | "begin" {
    const next = FOLLOWS[this.#expected][byte];
    if (next !== undefined) return next;
    if (this.#expected === "value") return this.#beginMember(byte);
    throw new InvalidJson(`the List does not go on with byte ${byte} (expected: ${this.#expected})`);
  }

  #beginMember(byte: number): Expected | "begin" {
    if (this.#name !== "items") return "begin";
    this.#sawItems = true;
    if (byte === OPEN_LIST) return "firstItem";
    // An empty List of a Go server may say `"items":null`.
    if (byte === 0x6e) return "begin";
    throw new InvalidJson("the List's items are no array");
  }

  #readValue(chunk: Uint8Array, from: number, items: Uint8Array[]): number {
    const end = this.#value.scan(chunk, from);
    if (end === -1) {
      this.#pieces.push(chunk.subarray(from));
      return chunk.length;
    }
    const last = chunk.subarray(from, end);
    const value = this.#pieces.length === 0 ? last : this.#joined(last);
    this.#inValue = false;
    this.#accept(value, items);
    return end;
  }

  #joined(last: Uint8Array): Uint8Array {
    const pieces = [...this.#pieces, last];
    this.#pieces = [];
    const whole = this.#spare.lend(pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }

  #accept(value: Uint8Array, items: Uint8Array[]): void {
    switch (this.#expected) {
      case "firstItem":
      case "item":
        items.push(value);
        this.#expected = "afterItem";
        return;
      case "firstName":
      case "name":
        // The scanner has accepted it, and it begins with a quote.
        this.#name = JSON.parse(text(value, 0, value.length)) as string;
        this.#expected = "colon";
        return;
      default:
        if (this.#name === "metadata") this.#meta = readMeta(value);
        this.#expected = "afterValue";
    }
  }
}

const FOLLOWS: Readonly<Record<Expected, Readonly<Record<number, Expected | "begin">>>> = {
  open: { [OPEN]: "firstName" },
  firstName: { [QUOTE]: "begin", [CLOSE]: "end" },
  name: { [QUOTE]: "begin" },
  colon: { [COLON]: "value" },
  value: {},
  firstItem: { [OPEN]: "begin", [CLOSE_LIST]: "afterValue" },
  item: { [OPEN]: "begin" },
  afterItem: { [COMMA]: "item", [CLOSE_LIST]: "afterValue" },
  afterValue: { [COMMA]: "name", [CLOSE]: "end" },
  end: {},
};

function readMeta(bytes: Uint8Array): ListMeta {
  // The scanner has accepted the JSON; its shape is checked member by member.
  const parsed = JSON.parse(text(bytes, 0, bytes.length)) as Readonly<Record<string, unknown>> | null;
  const { resourceVersion, continue: continueToken, remainingItemCount } = parsed ?? {};
  return {
    resourceVersion: typeof resourceVersion === "string" ? resourceVersion : "",
    continueToken: typeof continueToken === "string" ? continueToken : "",
    remainingItemCount: typeof remainingItemCount === "number" ? remainingItemCount : undefined,
  };
}
