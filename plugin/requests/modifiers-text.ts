import { isScalar, parseDocument, visit } from "yaml";
import { Failure } from "#core/model/errors.ts";
import { type Modifiers, modifiersFile } from "#core/model/modifiers.ts";
import { type ExactJson, parseExact, stringifyExact } from "#core/objects/exact-json.ts";
import { compileModifiers } from "#core/restore/modifiers/compile-modifiers.ts";

/**
 * The text of a modifiers file or of a ConfigMap's one entry → rules that are known to compile. Loaded only where there
 * is one. Failure usage names the rule.
 */
export async function readModifiers(from: string, text: string): Promise<Modifiers> {
  // Every plain value is text here, as Velero reads them: `value: 3` and `value: "3"` mean the same.
  const document = parseDocument(text, { schema: "failsafe", prettyErrors: true });
  const [error] = document.errors;
  if (error !== undefined) throw refused(from, error.message);
  const parsed = modifiersFile.safeParse(document.toJS());
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw refused(from, issue === undefined ? "is not understood" : describe(issue));
  }
  const modifiers: Modifiers = {
    from,
    rules: parsed.data.resourceModifierRules.map((rule, index) => {
      const normalize = ({ patchData }: { readonly patchData: string }) => ({
        patchData: patchJson(patchData, `${from}: rule ${index + 1}`),
      });
      return {
        ...rule,
        mergePatches: rule.mergePatches.map(normalize),
        strategicPatches: rule.strategicPatches.map(normalize),
      };
    }),
  };
  await compileModifiers(modifiers);
  return modifiers;
}

function refused(where: string, why: string): Failure {
  return new Failure("usage", `${where}: ${why}`, {
    hint: "mend the modifiers; nothing was read or written",
  });
}

/** `rule 2: patches[0].operation: …`. */
function describe({
  path,
  message,
}: {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}): string {
  const [top, index, ...rest] = path;
  if (top !== "resourceModifierRules" || typeof index !== "number") return `${path.join(".")}: ${message}`;
  const field = rest.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  const where = [`rule ${index + 1}`, ...(field === "" ? [] : [field.slice(1)])];
  return [...where, message].join(": ");
}

/** YAML or JSON → JSON in which every number is spelt as it was. */
function patchJson(text: string, where: string): string {
  const document = parseDocument(text, { prettyErrors: true, merge: true });
  const [error] = document.errors;
  if (error !== undefined) throw refused(where, `patchData: ${error.message}`);
  visit(document, {
    Scalar(_key, node) {
      if (node.type === "PLAIN" && node.source !== undefined)
        node.value = plainValue(node.source, node.value);
    },
    Pair(_key, { key }) {
      if (isScalar(key) && typeof key.value !== "string") key.value = key.source ?? String(key.value);
      return undefined;
    },
  });
  // Plain values are exact numbers by now, and YAML's own collections become plain ones.
  return stringifyExact(document.toJS() as ExactJson);
}

const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** Kubernetes reads YAML 1.1: a leading zero means octal, yes and no are booleans. */
function plainValue(source: string, value: unknown): unknown {
  if (JSON_NUMBER.test(source)) return parseExact(source);
  if (/^0[0-7]+$/.test(source)) return Number.parseInt(source, 8);
  if (/^(?:yes|on)$/i.test(source)) return true;
  return /^(?:no|off)$/i.test(source) ? false : value;
}
