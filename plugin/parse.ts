import parser from "yargs-parser";
import { Failure } from "#core/model/errors.ts";
import { didYouMean } from "#core/model/nearest.ts";
import { splitAttachedValues } from "./attached-values.ts";
import { type AnyCommand, camelCase, type Flag, type Flags, type Invocation } from "./command.ts";
import { endOfFlags } from "./end-of-flags.ts";
import { clusterFlags, commonFlags } from "./flags.ts";

/**
 * argv → positionals and flags of one command. yargs' parser does the parsing; what a flag may be is checked here, since
 * the definitions know it, and two traps are made impossible: a flag with an optional value swallowing the next word,
 * and unknown flags passing silently.
 */
export interface Parsed extends Invocation<never> {
  readonly verbosity: number;
  readonly quiet: boolean;
}

export function parseArguments(command: AnyCommand, argv: readonly string[]): Parsed {
  const flags: Flags = { ...command.flags, ...commonFlags };
  const { argv: values, error } = parser.detailed(
    glueBareFlags(splitAttachedValues(argv, flags), flags),
    parserOptions(flags),
  );
  const hint = helpHint(command);
  refuseUnknown(values, flags, hint);
  if (error !== null) throw new Failure("usage", inOurWords(error.message), { hint });
  refuseEmpty(values, flags);
  const given = Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [camelCase(name), flagValue(name, flag, values[name])]),
  );
  const positionals = [...values._, ...(values["--"] ?? [])].map(String).map(bareBackupName(command));
  checkPositionals(command, positionals);
  return {
    positionals,
    // The keys are the flags' names in camel case with values of the types they ask for: what FlagValues describes.
    flags: given as Invocation<never>["flags"],
    verbosity: Number(given["verbosity"] ?? 0),
    quiet: given["quiet"] === true,
  };
}

/** The parser's only other complaint of its own. */
function inOurWords(message: string): string {
  const [, flag] = /^Not enough arguments following: (.+)$/.exec(message) ?? [];
  return flag === undefined ? message : `${dashed(flag)} needs a value`;
}

function dashed(flag: string): string {
  return flag.length === 1 ? `-${flag}` : `--${flag}`;
}

function parserOptions(flags: Flags): parser.Options {
  const names = (type: Flag["type"]) => Object.keys(flags).filter((name) => flags[name]?.type === type);
  const valued = Object.keys(flags).filter((name) => flags[name]?.type !== "boolean");
  return {
    string: [...names("string"), ...names("number"), ...names("list")],
    array: names("list"),
    boolean: names("boolean"),
    narg: Object.fromEntries(valued.map((name) => [name, 1])),
    alias: Object.fromEntries(
      Object.entries(flags).map(([name, { short, hiddenAliases = [] }]) => [
        name,
        short === undefined ? [...hiddenAliases] : [short, ...hiddenAliases],
      ]),
    ),
    configuration: {
      "camel-case-expansion": false,
      "dot-notation": false,
      "strip-aliased": true,
      "greedy-arrays": false,
      "boolean-negation": false,
      "parse-positional-numbers": false,
      "parse-numbers": false,
      "short-option-groups": false,
    },
  };
}

/** A flag given twice means its last value; lists take commas as well as repetition. */
function flagValue(name: string, flag: Flag, value: unknown): unknown {
  if (flag.type === "list") return splitList(value, name);
  const last: unknown = Array.isArray(value) ? value.at(-1) : value;
  if (last === undefined || flag.type === "boolean") return last;
  const text = flag.hiddenChoices?.[String(last)] ?? String(last);
  if (flag.choices !== undefined && !flag.choices.includes(text)) {
    throw new Failure("usage", `--${name}: "${text}" is not one of ${flag.choices.join(", ")}`, {
      hint: didYouMean(text, flag.choices),
    });
  }
  return flag.type === "number" ? numberValue(name, text) : text;
}

function numberValue(name: string, text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new Failure("usage", `--${name}: "${text}" is not a number`);
}

/**
 * `--dry-run b1` → `--dry-run=client b1`; `--yes b1` → `--yes=true b1`. A digit is taken where a level may stand, since
 * kubectl's -v takes the word behind it: `-v 6 b1` → `-v=6 b1`. Stops at `--`.
 */
export function glueBareFlags(argv: readonly string[], flags: Flags): string[] {
  const end = endOfFlags(argv);
  const bare = new Map(Object.entries(flags).flatMap(([name, flag]) => bareSpellings(name, flag)));
  const levels = new Map(
    Object.entries(flags).flatMap(([name, flag]) =>
      flag.type === "number" ? bareSpellings(name, flag) : [],
    ),
  );
  const isLevel = (index: number) =>
    index < end && levels.has(argv[index - 1] ?? "") && /^\d$/.test(argv[index] ?? "");
  return argv.flatMap((word, index) => {
    if (isLevel(index)) return [];
    const meaning = isLevel(index + 1) ? argv[index + 1] : bare.get(word);
    return meaning === undefined || index >= end ? [word] : [`${word}=${meaning}`];
  });
}

function bareSpellings(name: string, flag: Flag): readonly (readonly [string, string])[] {
  const meaning = flag.bare ?? (flag.type === "boolean" ? "true" : undefined);
  if (meaning === undefined) return [];
  const long = [name, ...(flag.hiddenAliases ?? [])].map((spelling) => `--${spelling}`);
  const short = flag.short === undefined ? [] : [`-${flag.short}`];
  return [...long, ...short].map((spelling) => [spelling, meaning] as const);
}

function splitList(value: unknown, name: string): readonly string[] {
  const parts = Array.isArray(value) ? value.map(String) : [];
  // A selector has commas of its own; several are joined by " or " as in Velero.
  const pieces = name.endsWith("selector")
    ? parts.flatMap((part) => part.split(" or "))
    : parts.flatMap((part) => part.split(","));
  return pieces.map((piece) => piece.trim()).filter((piece) => piece !== "");
}

/** What -o name prints can be given back: `backup/nightly` is nightly wherever a backup is asked for. */
function bareBackupName(command: AnyCommand): (word: string) => string {
  const asked = command.positionals?.some(({ completes }) => completes === "backups" || completes === "logs");
  return (word) => (asked === true ? word.replace(/^backups?\//, "") : word);
}

function checkPositionals(command: AnyCommand, given: readonly string[]): void {
  const expected = command.positionals ?? [];
  const missing = expected.filter((one) => one.required === true)[given.length];
  if (missing !== undefined && expected.indexOf(missing) >= given.length) {
    throw new Failure("usage", `${missing.name} is missing`, { hint: helpHint(command) });
  }
  const many = expected.some((one) => one.many === true);
  const extra = given[expected.length];
  if (!many && extra !== undefined) {
    throw new Failure("usage", `unexpected argument "${extra}"`, { hint: helpHint(command) });
  }
}

function refuseUnknown(values: Readonly<Record<string, unknown>>, flags: Flags, hint: string): void {
  const unknown = Object.keys(values).find((key) => key !== "_" && key !== "--" && !(key in flags));
  if (unknown === undefined) return;
  const suggestion = didYouMean(unknown, Object.keys(flags))?.replace('"', '"--');
  throw new Failure("usage", `unknown flag ${dashed(unknown)}`, { hint: suggestion ?? hint });
}

/** A variable that is not set must not widen what a restore writes or a deletion takes. Cluster flags are as kubectl's. */
function refuseEmpty(values: Readonly<Record<string, unknown>>, flags: Flags): void {
  const empty = Object.keys(flags).find(
    (name) => !(name in clusterFlags) && flags[name]?.bare !== "" && isEmpty(values[name]),
  );
  if (empty === undefined) return;
  throw new Failure("usage", `--${empty} is empty`, {
    hint: "leave the flag out, or give it a value (is a variable not set?)",
  });
}

function isEmpty(value: unknown): boolean {
  const given: readonly unknown[] = Array.isArray(value) ? value : [value];
  return given.length > 0 && given.every((part) => typeof part === "string" && /^[\s,]*$/.test(part));
}

function helpHint(command: AnyCommand): string {
  return `kubectl backup ${command.words.join(" ")} --help`;
}
