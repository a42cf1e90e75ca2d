import { deepEqual } from "#core/objects/deep-equal.ts";
import { type ExactJson, type ExactObject, isExactList, isExactObject } from "#core/objects/exact-json.ts";

/** A JSON pointer's tokens, unescaped; empty means the whole document. */
export type Pointer = readonly string[];

/** RFC 6902. */
export type Operation =
  | { readonly op: "add" | "replace" | "test"; readonly path: Pointer; readonly value: ExactJson }
  | { readonly op: "remove"; readonly path: Pointer }
  | { readonly op: "move" | "copy"; readonly from: Pointer; readonly path: Pointer };

/** A patch that does not fit its document. */
export class PatchMisfit extends Error {
  override readonly name = "PatchMisfit";
  /** A `test` said no. */
  readonly isTest: boolean;

  constructor(message: string, isTest = false) {
    super(message);
    this.isTest = isTest;
  }
}

/** RFC 6901. */
export function parsePointer(text: string): Pointer {
  if (text === "") return [];
  if (!text.startsWith("/")) throw new PatchMisfit(`"${text}" is not a path: it does not begin with "/"`);
  return text
    .slice(1)
    .split("/")
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** All operations or none; numbers keep their spelling, and nothing is changed in place. */
export function applyJsonPatch(document: ExactJson, operations: readonly Operation[]): ExactJson {
  return operations.reduce(applyOperation, document);
}

function applyOperation(document: ExactJson, operation: Operation): ExactJson {
  const { path } = operation;
  switch (operation.op) {
    case "add":
      return add(document, path, operation.value);
    case "remove":
      return remove(document, path);
    case "replace":
      existing(document, path, "replace");
      return put(document, path, operation.value);
    case "copy":
      return add(document, path, existing(document, operation.from, "copy from"));
    case "move":
      return move(document, operation.from, path);
    case "test":
      return test(document, path, operation.value);
  }
}

function move(document: ExactJson, from: Pointer, path: Pointer): ExactJson {
  const value = existing(document, from, "move from");
  if (from.length < path.length && from.every((token, index) => token === path[index])) {
    throw new PatchMisfit(`move from ${spell(from)}: it cannot move into itself`);
  }
  return add(remove(document, from), path, value);
}

function test(document: ExactJson, path: Pointer, value: ExactJson): ExactJson {
  const found = readPointer(document, path);
  if (found !== undefined && deepEqual(found, value)) return document;
  throw new PatchMisfit(`test ${spell(path)}: another value stands there`, true);
}

function existing(document: ExactJson, path: Pointer, doing: string): ExactJson {
  const found = readPointer(document, path);
  if (found === undefined) throw new PatchMisfit(`${doing} ${spell(path)}: nothing stands there`);
  return found;
}

/** undefined where there is nothing. */
export function readPointer(document: ExactJson, path: Pointer): ExactJson | undefined {
  let value: ExactJson | undefined = document;
  for (const token of path) {
    if (isExactList(value)) value = INDEX.test(token) ? value[Number(token)] : undefined;
    else if (isExactObject(value) && Object.hasOwn(value, token)) value = value[token];
    else return undefined;
  }
  return value;
}

const INDEX = /^(0|[1-9]\d*)$/;

type Edit = (parent: ExactObject | readonly ExactJson[], token: string) => ExactJson;

/** Changes what holds the path's last token. */
function edit(document: ExactJson, path: Pointer, change: Edit): ExactJson {
  const step = (value: ExactJson, at: number): ExactJson => {
    const token = path[at] ?? "";
    if (!isExactList(value) && !isExactObject(value)) throw noParent(path, at);
    if (at === path.length - 1) return change(value, token);
    const inner = readPointer(value, [token]);
    if (inner === undefined) throw noParent(path, at + 1);
    return withEntry(value, token, step(inner, at + 1));
  };
  return step(document, 0);
}

function noParent(path: Pointer, at: number): PatchMisfit {
  return new PatchMisfit(`${spell(path)}: there is no object or list at ${spell(path.slice(0, at)) || '""'}`);
}

function withEntry(parent: ExactObject | readonly ExactJson[], token: string, value: ExactJson): ExactJson {
  return isExactList(parent) ? parent.with(Number(token), value) : { ...parent, [token]: value };
}

function add(document: ExactJson, path: Pointer, value: ExactJson): ExactJson {
  if (path.length === 0) return value;
  return edit(document, path, (parent, token) => {
    if (!isExactList(parent)) return { ...parent, [token]: value };
    const index = token === "-" ? parent.length : Number(token);
    if ((token !== "-" && !INDEX.test(token)) || index > parent.length) {
      throw new PatchMisfit(`add ${spell(path)}: the list has no such place`);
    }
    return parent.toSpliced(index, 0, value);
  });
}

function put(document: ExactJson, path: Pointer, value: ExactJson): ExactJson {
  return path.length === 0 ? value : edit(document, path, (parent, token) => withEntry(parent, token, value));
}

function remove(document: ExactJson, path: Pointer): ExactJson {
  existing(document, path, "remove");
  if (path.length === 0) throw new PatchMisfit("remove: the whole object cannot be removed");
  return edit(document, path, (parent, token) => {
    if (isExactList(parent)) return parent.toSpliced(Number(token), 1);
    const { [token]: _dropped, ...kept } = parent;
    return kept;
  });
}

function spell(path: Pointer): string {
  return path.map((token) => `/${token.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
