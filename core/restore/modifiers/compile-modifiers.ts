import type { StoredItem } from "#core/catalog/catalog.ts";
import { describeError, Failure } from "#core/model/errors.ts";
import { groupResource } from "#core/model/item.ts";
import type { ModifierRule, Modifiers } from "#core/model/modifiers.ts";
import { deepEqual } from "#core/objects/deep-equal.ts";
import { type ExactJson, type ExactObject, isExactObject, parseExact } from "#core/objects/exact-json.ts";
import { isBuiltInGroup } from "#core/restore/built-in-groups.ts";
import { mergePatch } from "#core/restore/merge-patch.ts";
import { compileGlob } from "#core/selection/glob.ts";
import { compileGroupResourceGlob, isLiteral } from "./group-resource-glob.ts";
import { applyJsonPatch, type Operation, PatchMisfit, parsePointer, readPointer } from "./json-patch.ts";
import { compileLabels } from "./label-condition.ts";
import { mergeKeysOf } from "./merge-keys.ts";
import type { NameTest } from "./re2.ts";
import { strategicMerge } from "./strategic-merge.ts";

type Re2 = typeof import("./re2.ts");

export interface Modifier {
  /** `mods.yaml: rule 2 (deployments.apps)`. */
  readonly title: string;
  /** By what an index line tells. */
  isMeant(item: StoredItem): boolean;
  /** By what stands in the object as it lies in the backup. */
  matches(original: ExactObject): boolean;
  /** PatchMisfit where it does not fit. */
  apply(object: ExactObject, item: StoredItem): ExactObject;
}

/** Failure usage, naming the rule, where one cannot be understood. */
export async function compileModifiers(modifiers: Modifiers): Promise<readonly Modifier[]> {
  const isPlain = modifiers.rules.every(hasNoPattern);
  return compileRules(modifiers, isPlain ? undefined : await import("./re2.ts"));
}

/** The library of patterns may be missing where no rule has one. */
export function compileRules({ from, rules }: Modifiers, re2: Re2 | undefined): readonly Modifier[] {
  return rules.map((rule, index) => {
    try {
      return compileRule(rule, { title: `${from}: rule ${index + 1}`, re2 });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Failure("usage", `${from}: rule ${index + 1}: ${why}`, {
        hint: "mend the rule",
        cause: error,
      });
    }
  });
}

function hasNoPattern({ conditions }: ModifierRule): boolean {
  return conditions.resourceNameRegex === "" && isLiteral(conditions.groupResource);
}

interface Compiling {
  readonly title: string;
  readonly re2: Re2 | undefined;
}

function compileRule({ conditions, ...rule }: ModifierRule, { title, re2 }: Compiling): Modifier {
  const isKind = kindTest(conditions, re2);
  const isNamed = nameTest(conditions, re2);
  const namespaces = conditions.namespaces.map(compileGlob);
  const hasLabels = compileLabels(conditions.labelSelector);
  const tests = conditions.matches.map(({ path, value }) => ({
    path: parsePointer(path),
    value: jsonValue(value),
  }));
  return {
    title: `${title} (${conditions.groupResource})`,
    isMeant: (item) =>
      isKind(groupResource(item)) &&
      isNamed(item.name) &&
      (!item.namespaced ||
        namespaces.length === 0 ||
        namespaces.some((isMeant) => isMeant(item.namespace))) &&
      hasLabels(item.labels),
    matches: (original) =>
      tests.every(({ path, value }) => deepEqual(readPointer(original, path) ?? null, value)),
    apply: compilePatches(rule),
  };
}

function kindTest({ groupResource: pattern }: ModifierRule["conditions"], re2: Re2 | undefined): NameTest {
  if (re2 === undefined || isLiteral(pattern)) return (name) => name === pattern;
  return compileGroupResourceGlob(pattern, re2);
}

function nameTest({ resourceNameRegex: text }: ModifierRule["conditions"], re2: Re2 | undefined): NameTest {
  if (re2 === undefined || text === "") return () => true;
  try {
    return re2.searchFor(text);
  } catch (error) {
    const why = describeError(error).replace(/^error parsing regexp: /, "");
    throw new SyntaxError(`resourceNameRegex is no regular expression as Go has them (RE2): ${why}`);
  }
}

function compilePatches(rule: Omit<ModifierRule, "conditions">): Modifier["apply"] {
  const { patches, mergePatches, strategicPatches } = rule;
  const kinds = [patches, mergePatches, strategicPatches].filter(({ length }) => length > 0);
  if (kinds.length !== 1) {
    throw new PatchMisfit("one of patches, mergePatches and strategicPatches is needed, and only one");
  }
  const operations = patches.map(operationOf);
  const merges = mergePatches.map(dataOf);
  const strategic = strategicPatches.map(dataOf);
  return (object, item) => {
    if (operations.length > 0) return patched(object, operations);
    if (merges.length > 0) return merges.reduce(mergePatch, object);
    if (!isBuiltInGroup(item.group)) {
      throw new PatchMisfit("strategic patches are for built-in kinds alone: write mergePatches");
    }
    const keys = mergeKeysOf(item);
    return strategic.reduce((merged, patch) => strategicMerge(merged, patch, keys), object);
  };
}

/** A `test` that says no leaves the object as it was: the rule is not for it. */
function patched(object: ExactObject, operations: readonly Operation[]): ExactObject {
  try {
    const result = applyJsonPatch(object, operations);
    return isExactObject(result) ? result : object;
  } catch (error) {
    if (error instanceof PatchMisfit && error.isTest) return object;
    throw error;
  }
}

function operationOf({ operation: op, path: to, from, value }: ModifierRule["patches"][number]): Operation {
  const path = parsePointer(to);
  switch (op) {
    case "add":
    case "replace":
    case "test":
      return { op, path, value: jsonValue(value) };
    case "remove":
      return { op, path };
    case "move":
    case "copy":
      if (from === undefined) throw new PatchMisfit(`${op} ${to}: from is missing`);
      return { op, path, from: parsePointer(from) };
  }
}

const MAY_BE_JSON = /^\s*(?:[[{"]|-?\d|(?:true|false|null)\s*$)/;

/** What reads as JSON is JSON; with quotes inside the text a number stays a string. */
function jsonValue(text: string): ExactJson {
  if (!MAY_BE_JSON.test(text)) return text;
  try {
    return parseExact(text);
  } catch (error) {
    if (/^\s*[[{]/.test(text)) throw new PatchMisfit(`the value ${text} is not JSON: ${String(error)}`);
    return text;
  }
}

function dataOf({ patchData }: { readonly patchData: string }): ExactObject {
  const data = parseExact(patchData);
  if (!isExactObject(data)) throw new PatchMisfit("patchData is not an object");
  return data;
}
