import type { App } from "./app.ts";

/**
 * Commands are data: words, flags, examples, exit codes and a handler. Parsing, help, completion and the reference
 * pages all read the same definition; argument types are inferred from the flags.
 */
export interface Flag {
  readonly type: "string" | "boolean" | "number" | "list";
  readonly describe: string;
  /** One letter, as in -n. */
  readonly short?: string;
  /** How the value is called in help: `--ttl DURATION`. */
  readonly value?: string;
  readonly choices?: readonly string[];
  /** Another tool's words for a choice, accepted and not shown. */
  readonly hiddenChoices?: Readonly<Record<string, string>>;
  /** Given without `=value` the flag means this; its value must then be glued with `=`. */
  readonly bare?: string;
  /** Shown in help where it is not obvious from the description. */
  readonly fallback?: string;
  /** Other spellings (Velero's, mostly), accepted and not shown. */
  readonly hiddenAliases?: readonly string[];
  /** Accepted, but shown nowhere. */
  readonly hidden?: boolean;
  /** What the shell offers for its value. */
  readonly completes?: Completes;
}

export type Completes =
  | "namespaces"
  /** Those that the guard would review. */
  | "protectable-namespaces"
  | "protected-namespaces"
  | "kinds"
  | "backups"
  | "restores"
  | "logs"
  | "contexts"
  | "locations"
  /** What a cluster's guard goes by. */
  | "published-locations"
  /** Secrets beside the guard. */
  | "guard-secrets"
  | "guard-credentials"
  | "files"
  | "choices";

export type Flags = Readonly<Record<string, Flag>>;

export interface Positional {
  readonly name: string;
  readonly describe: string;
  readonly required?: boolean;
  readonly many?: boolean;
  readonly completes?: Completes;
  readonly choices?: readonly string[];
}

export interface Example {
  readonly command: string;
  readonly meaning: string;
}

type Camel<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Name;

type FlagValue<F extends Flag> = F["type"] extends "boolean"
  ? boolean
  : F["type"] extends "number"
    ? number
    : F["type"] extends "list"
      ? readonly string[]
      : string;

/** camelCase keys; a flag that was not given is undefined (lists: empty). */
export type FlagValues<F extends Flags> = {
  readonly [Name in keyof F & string as Camel<Name>]: F[Name]["type"] extends "list"
    ? readonly string[]
    : FlagValue<F[Name]> | undefined;
};

export function camelCase(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

export interface Invocation<F extends Flags> {
  readonly positionals: readonly string[];
  readonly flags: FlagValues<F>;
}

export interface Command<F extends Flags = Flags> {
  /** `["location", "add"]` for `kubectl backup location add`. */
  readonly words: readonly string[];
  /** Another tool's words for a command of ours: understood, not shown. */
  readonly hidden?: boolean;
  readonly summary: string;
  readonly description?: string;
  readonly positionals?: readonly Positional[];
  readonly flags: F;
  readonly examples: readonly Example[];
  readonly exitCodes: readonly ExitCode[];
  readonly run: (invocation: Invocation<F>, app: App) => Promise<ExitCode>;
}

export const EXIT_CODES = {
  0: "complete",
  1: "failed (diff: different)",
  2: "wrong usage",
  3: "finished, but not everything was saved or restored (guard status, check: less protected than it says)",
  4: "not found",
  5: "refused (protection, name taken, conflict)",
  6: "cluster unreachable or forbidden",
  7: "location unreachable or forbidden",
  8: "backup damaged or of an unknown version",
  9: "drill failed",
  130: "interrupted",
} as const satisfies Record<number, string>;
export type ExitCode = keyof typeof EXIT_CODES;

/** What help, completion and the reference pages read: data alone. */
export type CommandDefinition = Omit<Command, "run">;

/** A command as the table of commands holds it: its flags are only known to itself. */
export type AnyCommand = CommandDefinition & {
  readonly run: (invocation: Invocation<never>, app: App) => Promise<ExitCode>;
};

/** Infers the argument types from the flags. */
export function defineCommand<const F extends Flags>(command: Command<F>): Command<F> {
  return command;
}

/** The words before the first flag: command words and maybe arguments. */
export function leadingWords(argv: readonly string[]): readonly string[] {
  const end = argv.findIndex((word) => word.startsWith("-"));
  return end === -1 ? argv : argv.slice(0, end);
}

/** The commands of `kubectl backup location`: shown ones that begin with the word and have another. */
export function familyOf<C extends CommandDefinition>(word: string, commands: readonly C[]): readonly C[] {
  return commands.filter(({ hidden, words }) => hidden !== true && words.length > 1 && words[0] === word);
}

/** The one that the words begin with; of several the one that takes most of them. */
export function findCommand<C extends CommandDefinition>(
  words: readonly string[],
  commands: readonly C[],
): C | undefined {
  return commands
    .filter((command) => command.words.every((word, index) => words[index] === word))
    .sort((a, b) => b.words.length - a.words.length)[0];
}
