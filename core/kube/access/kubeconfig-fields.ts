import { Failure } from "#core/model/errors.ts";

/** One mapping of a kubeconfig, read field by field. A field of the wrong type is an error that names its place only. */
export interface Fields {
  text(key: string): string | undefined;
  needed(key: string): string;
  flag(key: string): boolean;
  texts(key: string): readonly string[];
  child(key: string): Fields | undefined;
  children(key: string): readonly Fields[];
  keys(): readonly string[];
  raw(key: string): unknown;
  fail(key: string, problem: string): never;
}

/** `place` is the path inside the file, empty at its top. */
export function fieldsOf(value: unknown, file: string, place = ""): Fields {
  const mapping = asMapping(value);
  if (mapping === undefined) throw broken(file, place, "must be a mapping");
  const at = (key: string): string => (place === "" ? key : `${place}.${key}`);
  const raw = (key: string): unknown => mapping[key] ?? undefined;
  const fail = (key: string, problem: string): never => {
    throw broken(file, at(key), problem);
  };
  const text = (key: string): string | undefined => {
    const found = raw(key);
    if (found === undefined || typeof found === "string") return found === "" ? undefined : found;
    return fail(key, "must be a text (put it in quotes)");
  };
  const list = (key: string): readonly unknown[] => {
    const found = raw(key) ?? [];
    return Array.isArray(found) ? found : fail(key, "must be a list");
  };
  return {
    text,
    needed: (key) => text(key) ?? fail(key, "is missing"),
    flag(key) {
      const found = raw(key) ?? false;
      return typeof found === "boolean" ? found : fail(key, "must be true or false");
    },
    texts: (key) =>
      list(key).map((item) => (typeof item === "string" ? item : fail(key, "must be a list of texts"))),
    child: (key) => (raw(key) === undefined ? undefined : fieldsOf(raw(key), file, at(key))),
    children: (key) => list(key).map((item, index) => fieldsOf(item, file, `${at(key)}[${index}]`)),
    keys: () => Object.keys(mapping),
    raw,
    fail,
  };
}

function asMapping(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  // An object that is neither null nor a list: that is what a mapping is in JSON and YAML.
  return value as Record<string, unknown>;
}

function broken(file: string, place: string, problem: string): Failure {
  return new Failure(
    "kubeconfig-broken",
    `kubeconfig ${file}: ${place === "" ? "the file" : place} ${problem}`,
  );
}
