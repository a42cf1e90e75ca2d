/**
 * JSON.parse that keeps every number as it was written: integers above 2^53 and spellings such as `1.50` stay what they
 * are through stringify. Such a number is held as V8's raw JSON object, every other one as a plain number.
 */
export type ExactJson =
  | null
  | boolean
  | number
  | string
  | RawNumber
  | readonly ExactJson[]
  | { readonly [key: string]: ExactJson };

/** What JSON.rawJSON makes: frozen, without prototype, recognised by JSON.stringify. */
export interface RawNumber {
  readonly rawJSON: string;
}

export type ExactObject = { readonly [key: string]: ExactJson };

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;

/** ECMAScript's JSON.parse source text access, in Node 26 but not yet in TypeScript's library. */
const sourceAwareJson = JSON as unknown as {
  parse(text: string, reviver: Reviver): ExactJson;
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): value is RawNumber;
};

/**
 * May match inside a string, which only costs time, but never misses a number: one stands at the start, behind the colon
 * of a key, or behind `,` or `[`. (A colon alone would match in every image's tag, `web:1.27`.) Up to 15 digits without
 * point or exponent survive a double and print as they were written; `-0` does not. Whether a number may stand there is
 * asked only at a digit: on a cluster's objects a third of the time of a search for what stands before one.
 */
const RISKY_NUMBER = /(?<=^\s*|"\s*:\s*|[,[]\s*)-?\d(?:\d{15}|\d*[.eE]|(?<=-0))/;

export function parseExact(text: string): ExactJson {
  if (!RISKY_NUMBER.test(text)) {
    // JSON.parse returns what this type describes; only its declaration says `any`.
    return JSON.parse(text) as ExactJson;
  }
  return sourceAwareJson.parse(text, keepSpelling);
}

function keepSpelling(_key: string, value: unknown, context: { source?: string }): unknown {
  if (typeof value !== "number" || context.source === undefined) return value;
  return String(value) === context.source ? value : sourceAwareJson.rawJSON(context.source);
}

export function parseExactBytes(bytes: Uint8Array): ExactJson {
  return parseExact(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"));
}

/** Numbers come out as they were read. */
export function stringifyExact(value: ExactJson): string {
  return JSON.stringify(value);
}

export function isRawNumber(value: unknown): value is RawNumber {
  return sourceAwareJson.isRawJSON(value);
}

export function isExactObject(value: ExactJson | undefined): value is ExactObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  // Asking V8 costs more than all the rest, and this is asked of every object in an object.
  return !("rawJSON" in value && isRawNumber(value));
}

export function isExactList(value: ExactJson | undefined): value is readonly ExactJson[] {
  return Array.isArray(value);
}
