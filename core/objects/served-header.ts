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

/** Either order of the two, which then are groups 1 and 2, or 4 and 3. */
const OPENING = String.raw`^\{"(?:kind":"([\w.-]+)","apiVersion":"([\w./-]+)|apiVersion":"([\w./-]+)","kind":"([\w.-]+))","metadata":\{`;
/** Strings that escapes would have to be undone in are left to JSON.parse. */
const PLAIN = String.raw`[^"\\]*`;
const VALUE = String.raw`"(?:[^"\\]|\\.)*"`;
const BUILT_IN = new RegExp(
  [
    OPENING,
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
  return found === null ? undefined : new TakenApart(found);
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
    this.apiVersion = found[2] ?? found[3] ?? "";
    this.kind = found[1] ?? found[4] ?? "";
    this.name = found[5] ?? "";
    this.namespace = found[6] ?? "";
    this.uid = found[7] ?? "";
    this.resourceVersion = found[8] ?? "";
    this.generation = found[9] === undefined ? undefined : Number(found[9]);
    this.deletionTimestamp = found[10];
    this.#labelsJson = found[11];
    this.#annotations = found[12];
    this.#owners = found[13];
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

const OPENED = new RegExp(OPENING);
/** apiVersion and kind are names of at most 253 and 63 characters; longer ones take the slow way. */
const OPENING_BYTES = 256;
/** managedFields holds no other list, so this is its end. */
const NAME_BEHIND = Buffer.from('],"name":"');
const RESOURCE_VERSION = Buffer.from('"resourceVersion":"');
const CLOSING_BRACE = 0x7d;

function jumpToHeader(bytes: Buffer, cut: number): IdentifiedHeader | undefined {
  const opening = OPENED.exec(bytes.toString("latin1", 0, OPENING_BYTES));
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
