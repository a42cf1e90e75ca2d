import yargs from "yargs";
import { Failure } from "#core/model/errors.ts";
import { didYouMean } from "#core/model/nearest.ts";
import type { AnyCommand, Flag, Flags, Invocation } from "./command.ts";
import { commonFlags } from "./flags.ts";

/**
 * argv → positionals and flags of one command. yargs does the parsing; we only make its two traps impossible: a flag
 * with an optional value swallowing the next word, and unknown flags passing silently.
 */
export interface Parsed extends Invocation<never> {
  readonly help: boolean;
  readonly verbosity: number;
  readonly quiet: boolean;
}

export async function parseArguments(command: AnyCommand, argv: readonly string[]): Promise<Parsed> {
  const flags: Flags = { ...command.flags, ...commonFlags };
  const values = await yargs(glueBareFlags(argv, flags))
    .parserConfiguration({
      "camel-case-expansion": true,
      "strip-dashed": true,
      "duplicate-arguments-array": true,
      "greedy-arrays": false,
      "boolean-negation": false,
      "parse-positional-numbers": false,
      "parse-numbers": false,
      "populate--": false,
    })
    .options(Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, yargsOption(flag)])))
    .help(false)
    .version(false)
    .exitProcess(false)
    .fail((message, error) => {
      throw usageFailure(message ?? error?.message ?? "wrong usage", command, flags);
    })
    .strictOptions()
    .parseAsync();
  const positionals = values._.map(String);
  // The keys are the flags' names in camel case with the types the options asked for: what FlagValues describes.
  const given = withLists(values, flags) as Invocation<never>["flags"];
  const help = values["help"] === true;
  if (!help) checkPositionals(command, positionals);
  return {
    positionals,
    flags: given,
    help,
    verbosity: Number(values["verbosity"] ?? 0),
    quiet: values["quiet"] === true,
  };
}

function yargsOption(flag: Flag) {
  return {
    ...(flag.type === "list" ? { array: true as const, string: true as const } : { type: flag.type }),
    ...(flag.choices === undefined ? {} : { choices: flag.choices }),
    alias: [...(flag.short === undefined ? [] : [flag.short]), ...(flag.hiddenAliases ?? [])],
    requiresArg: flag.type === "string" || flag.type === "number" || flag.type === "list",
  };
}

/** `--dry-run b1` → `--dry-run=client b1`; `--yes b1` → `--yes=true b1`. Stops at `--`. */
export function glueBareFlags(argv: readonly string[], flags: Flags): string[] {
  const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
  const bare = new Map(Object.entries(flags).flatMap(([name, flag]) => bareSpellings(name, flag)));
  return argv.map((word, index) => {
    const meaning = index < end ? bare.get(word) : undefined;
    return meaning === undefined ? word : `${word}=${meaning}`;
  });
}

function bareSpellings(name: string, flag: Flag): readonly (readonly [string, string])[] {
  const meaning = flag.bare ?? (flag.type === "boolean" ? "true" : undefined);
  if (meaning === undefined) return [];
  const long = [name, ...(flag.hiddenAliases ?? [])].map((spelling) => `--${spelling}`);
  const short = flag.short === undefined ? [] : [`-${flag.short}`];
  return [...long, ...short].map((spelling) => [spelling, meaning] as const);
}

/** Lists take commas as well as repetition; a flag given twice otherwise means its last value. */
function withLists(values: Readonly<Record<string, unknown>>, flags: Flags): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => {
      const key = camelCase(name);
      return [key, flag.type === "list" ? splitList(values[key], name) : lastOf(values[key])];
    }),
  );
}

function lastOf(value: unknown): unknown {
  return Array.isArray(value) ? value.at(-1) : value;
}

function splitList(value: unknown, name: string): readonly string[] {
  const parts = Array.isArray(value) ? value.map(String) : [];
  // A selector has commas of its own; several are joined by " or " as in Velero.
  const pieces = name.endsWith("selector")
    ? parts.flatMap((part) => part.split(" or "))
    : parts.flatMap((part) => part.split(","));
  return pieces.map((piece) => piece.trim()).filter((piece) => piece !== "");
}

export function camelCase(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
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

function usageFailure(message: string, command: AnyCommand, flags: Flags): Failure {
  const camel = /^Unknown arguments?: (.+)$/.exec(message)?.[1]?.split(", ")[0];
  const unknown = camel?.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  if (unknown === undefined) return new Failure("usage", oneLine(message), { hint: helpHint(command) });
  const dashes = unknown.length === 1 ? "-" : "--";
  const suggestion = didYouMean(unknown, Object.keys(flags))?.replace('"', '"--');
  return new Failure("usage", `unknown flag ${dashes}${unknown}`, { hint: suggestion ?? helpHint(command) });
}

/** yargs breaks lines and indents in its messages. */
function oneLine(message: string): string {
  return message.replace(/\s*\n\s*/g, " ").trim();
}

function helpHint(command: AnyCommand): string {
  return `kubectl backup ${command.words.join(" ")} --help`;
}
