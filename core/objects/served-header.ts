import type { OwnerReference } from "#core/model/item.ts";
import {
  type IdentifiedHeader,
  identifiedHeader,
  readItemHeader,
  readOwners,
  readTextMap,
} from "./item-header.ts";

/**
 * The header of an object that came from the API server's own serializer and whose JSON the list scanner has found
 * whole. The serializer's two orders are known, so managedFields (often half of an object) and all behind metadata are
 * jumped over instead of scanned. Whatever looks different is left to readItemHeader.
 *
 * Built-in kinds: `{"kind":…,"apiVersion":…,"metadata":{…,"managedFields":[…]},…`, the rest of metadata in the order of
 * ObjectMeta before managedFields: one expression takes it apart, and labels, annotations and owners are parsed when
 * somebody asks for them.
 * Custom resources: keys sorted, so `…"managedFields":[…],"name":…,"namespace":…,"resourceVersion":…,"uid":…}`.
 */
export function readServedHeader(bytes: Uint8Array): IdentifiedHeader {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const cut = buffer.indexOf(MANAGED_FIELDS);
  if (cut === -1) return readItemHeader(bytes);
  return takeApart(buffer, cut) ?? jumpToHeader(buffer, cut) ?? readItemHeader(bytes);
}

/** No string can hold these unescaped, so each is really a key. */
const MANAGED_FIELDS = Buffer.from('"managedFields":[');

/** Strings that escapes would have to be undone in are left to JSON.parse. */
const PLAIN = String.raw`[^"\\]*`;
const VALUE = String.raw`"(?:[^"\\]|\\.)*"`;
const BUILT_IN = new RegExp(
  [
    String.raw`^\{"(kind|apiVersion)":"([\w./-]+)","(?:kind|apiVersion)":"([\w./-]+)","metadata":\{`,
    `"name":"([^"\\\\]+)",(?:"generateName":"${PLAIN}",)?(?:"namespace":"(${PLAIN})",)?`,
    String.raw`"uid":"(${PLAIN})","resourceVersion":"(${PLAIN})",(?:"generation":(\d+),)?`,
    `(?:"creationTimestamp":(?:"${PLAIN}"|null),)?`,
    String.raw`(?:"deletionTimestamp":"(${PLAIN})",(?:"deletionGracePeriodSeconds":\d+,)?)?`,
    String.raw`(?:"labels":(\{(?:"${PLAIN}":"${PLAIN}",?)*\}),)?(?:"annotations":(\{(?:${VALUE}:${VALUE},?)*\}),)?`,
    String.raw`(?:"ownerReferences":(\[(?:\{[^{}\\]*\},?)*\]),)?(?:"finalizers":\[[^\]\\]*\],)?$`,
  ].join(""),
);
/** The expression's stack grows with an annotation's length. */
const TAKEN_APART_BYTES = 8 * 1024;

/** All up to managedFields has to fit, so those of an object within the object are not taken for its own. */
function takeApart(bytes: Buffer, cut: number): IdentifiedHeader | undefined {
  if (cut > TAKEN_APART_BYTES) return undefined;
  const found = BUILT_IN.exec(bytes.toString("utf8", 0, cut));
  if (found === null) return undefined;
  return new TakenApart(found);
}

/** Most headers are asked for few of their parts; accessors of a class cost a tenth of an object's own. */
class TakenApart implements IdentifiedHeader {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number | undefined;
  readonly deletionTimestamp: string | undefined;
  readonly #labelsJson: string | undefined;
  #labels: Readonly<Record<string, string>> | undefined;
  readonly #annotations: string | undefined;
  readonly #owners: string | undefined;

  constructor(found: RegExpExecArray) {
    const kindFirst = found[1] === "kind";
    this.apiVersion = found[kindFirst ? 3 : 2] ?? "";
    this.kind = found[kindFirst ? 2 : 3] ?? "";
    this.name = found[4] ?? "";
    this.namespace = found[5] ?? "";
    this.uid = found[6] ?? "";
    this.resourceVersion = found[7] ?? "";
    this.generation = found[8] === undefined ? undefined : Number(found[8]);
    this.deletionTimestamp = found[9];
    this.#labelsJson = found[10];
    this.#annotations = found[11];
    this.#owners = found[12];
  }

  get labels(): Readonly<Record<string, string>> {
    // Asked for by the exclusion, by selectors and for the index.
    this.#labels ??= readTexts(this.#labelsJson, "metadata.labels");
    return this.#labels;
  }

  get annotations(): Readonly<Record<string, string>> {
    return readTexts(this.#annotations, "metadata.annotations");
  }

  get owners(): readonly OwnerReference[] {
    return readOwners(this.#owners === undefined ? undefined : JSON.parse(this.#owners));
  }
}

function readTexts(json: string | undefined, field: string): Readonly<Record<string, string>> {
  return readTextMap(json === undefined ? undefined : JSON.parse(json), field);
}

const OPENING =
  /^\{"(?:kind":"([\w.-]+)","apiVersion":"([\w./-]+)|apiVersion":"([\w./-]+)","kind":"([\w.-]+))","metadata":\{/;
/** apiVersion and kind are names of at most 253 and 63 characters; longer ones take the slow way. */
const OPENING_BYTES = 256;
/** managedFields holds no other list, so this is its end. */
const NAME_BEHIND = Buffer.from('],"name":"');
const RESOURCE_VERSION = Buffer.from('"resourceVersion":"');
const CLOSING_BRACE = 0x7d;

function jumpToHeader(bytes: Buffer, cut: number): IdentifiedHeader | undefined {
  const opening = OPENING.exec(bytes.toString("latin1", 0, OPENING_BYTES));
  if (opening === null) return undefined;
  const start = opening[0].length;
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
