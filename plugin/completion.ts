import { type AnyCommand, type Completes, type Flag, type Flags, findCommand } from "./command.ts";

/**
 * What fits at the cursor: words of commands, flags, or values that a source must be asked for. Pure; the sources are
 * asked by commands/complete.ts.
 */
export type Candidates =
  | { readonly type: "words"; readonly words: readonly (readonly [word: string, about: string])[] }
  | { readonly type: "source"; readonly source: Completes; readonly prefix: string };

/** `words` are those after `kubectl backup`, the last one being typed (maybe ""). */
export function candidatesFor(
  words: readonly string[],
  commands: readonly AnyCommand[],
  common: Flags,
): Candidates {
  const current = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const command = findCommand(before, commands);
  if (command === undefined) return commandWords(before, commands);
  const flags: Flags = { ...command.flags, ...common };
  const glued = /^--([a-z-]+)=(.*)$/.exec(current);
  if (glued !== null) return valuesOf(flags[glued[1] ?? ""], `--${glued[1]}=`);
  const awaiting = flagAwaitingValue(before.at(-1) ?? "", flags);
  if (awaiting !== undefined) return valuesOf(awaiting, "");
  if (current.startsWith("-")) return flagWords(flags);
  return positionalOf(command, before.slice(command.words.length), flags);
}

function commandWords(before: readonly string[], commands: readonly AnyCommand[]): Candidates {
  const depth = before.length;
  const fitting = commands.filter(
    (command) => command.hidden !== true && before.every((word, index) => command.words[index] === word),
  );
  const words = new Map<string, string>();
  for (const command of fitting) {
    const word = command.words[depth];
    if (word !== undefined && !words.has(word))
      words.set(word, command.words.length === depth + 1 ? command.summary : "");
  }
  return { type: "words", words: [...words] };
}

function flagWords(flags: Flags): Candidates {
  return {
    type: "words",
    words: Object.entries(flags)
      .filter(([, flag]) => flag.hidden !== true)
      .map(([name, flag]) => [`--${name}`, flag.describe] as const),
  };
}

function flagAwaitingValue(previous: string, flags: Flags): Flag | undefined {
  const entry = Object.entries(flags).find(
    ([name, flag]) => previous === `--${name}` || (flag.short !== undefined && previous === `-${flag.short}`),
  );
  const flag = entry?.[1];
  return flag === undefined || flag.type === "boolean" || flag.bare !== undefined ? undefined : flag;
}

function valuesOf(flag: Flag | undefined, prefix: string): Candidates {
  if (flag?.choices !== undefined) {
    return { type: "words", words: flag.choices.map((choice) => [`${prefix}${choice}`, ""] as const) };
  }
  return flag?.completes === undefined
    ? { type: "words", words: [] }
    : { type: "source", source: flag.completes, prefix };
}

function positionalOf(command: AnyCommand, rest: readonly string[], flags: Flags): Candidates {
  const given = rest.filter(
    (word, index) => !word.startsWith("-") && flagAwaitingValue(rest[index - 1] ?? "", flags) === undefined,
  );
  const positionals = command.positionals ?? [];
  const positional = positionals[given.length] ?? positionals.findLast((one) => one.many === true);
  if (positional?.choices !== undefined) {
    return { type: "words", words: positional.choices.map((choice) => [choice, ""] as const) };
  }
  return positional?.completes === undefined
    ? { type: "words", words: [] }
    : { type: "source", source: positional.completes, prefix: "" };
}
