import { type CommandDefinition, type Completes, type Flag, type Flags, findCommand } from "./command.ts";

/**
 * What fits at the cursor: words of commands, flags, or values that a source must be asked for. Pure; the sources are
 * asked by complete.ts.
 */
export type Candidates =
  | FixedCandidates
  | {
      readonly type: "source";
      readonly source: Source;
      readonly prefix: string;
      /** What is given already and would be said twice. */
      readonly except?: readonly string[];
    };

export type FixedCandidates =
  | { readonly type: "words"; readonly words: readonly Word[] }
  /** The shell knows them best. */
  | { readonly type: "files" };

export type Source = Exclude<Completes, "files" | "choices">;

/** kubectl's directives (cobra's ShellCompDirective): whether files are offered where nothing else is. */
const NO_FILES = 4;
const FILES = 0;

/** As kubectl wants it: a candidate a line, what it is behind a tab, and the directive. */
export function completionText(candidates: FixedCandidates, current: string): string {
  if (candidates.type === "files") return `:${FILES}\n`;
  const fitting = candidates.words.filter(([word]) => word.startsWith(current));
  const lines = fitting.map(([word, about]) => (about === "" ? `${word}\n` : `${word}\t${about}\n`));
  return `${lines.join("")}:${NO_FILES}\n`;
}

/** `words` are those after `kubectl backup`, the last one being typed (maybe ""). */
export function candidatesFor(
  words: readonly string[],
  commands: readonly CommandDefinition[],
  common: Flags,
): Candidates {
  const current = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  if (before[0] === HELP[0]) return commandWords(before.slice(1), commands);
  const command = findCommand(before, commands);
  if (command === undefined) return commandWords(before, commands, [HELP]);
  const flags: Flags = { ...command.flags, ...common };
  const glued = /^--([a-z-]+)=(.*)$/.exec(current);
  if (glued !== null) return valuesOf(flags[glued[1] ?? ""], `--${glued[1]}=`, current);
  const awaiting = flagAwaitingValue(before.at(-1) ?? "", flags);
  if (awaiting !== undefined) return valuesOf(awaiting, "", current);
  if (current.startsWith("-")) return flagWords(flags);
  return positionalOf(command, before.slice(command.words.length), flags);
}

type Word = readonly [word: string, about: string];

const HELP: Word = ["help", "Show the help of a command"];

function commandWords(
  before: readonly string[],
  commands: readonly CommandDefinition[],
  more: readonly Word[] = [],
): Candidates {
  const depth = before.length;
  const fitting = commands.filter(
    (command) => command.hidden !== true && before.every((word, index) => command.words[index] === word),
  );
  const words = new Map<string, string>();
  for (const [word, family] of Map.groupBy(fitting, (command) => command.words[depth])) {
    if (word === undefined) continue;
    const own = family.find((command) => command.words.length === depth + 1);
    words.set(word, own?.summary ?? family.map((command) => command.words[depth + 1]).join(", "));
  }
  return { type: "words", words: depth === 0 ? [...words, ...more] : [...words] };
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

/** The last of a list's values is being typed, behind the others. */
function valuesOf(flag: Flag | undefined, start: string, current: string): Candidates {
  const others = flag?.type === "list" ? current.slice(start.length, current.lastIndexOf(",") + 1) : "";
  return offered(flag, start + others);
}

function offered(from: Pick<Flag, "choices" | "completes"> | undefined, prefix: string): Candidates {
  const { choices, completes } = from ?? {};
  if (choices !== undefined)
    return { type: "words", words: choices.map((choice) => [`${prefix}${choice}`, ""] as const) };
  if (completes === undefined || completes === "choices") return { type: "words", words: [] };
  return completes === "files" ? { type: "files" } : { type: "source", source: completes, prefix };
}

function positionalOf(command: CommandDefinition, rest: readonly string[], flags: Flags): Candidates {
  const given = rest.filter(
    (word, index) => !word.startsWith("-") && flagAwaitingValue(rest[index - 1] ?? "", flags) === undefined,
  );
  const positionals = command.positionals ?? [];
  const next = positionals[given.length] ?? positionals.findLast((one) => one.many === true);
  const candidates = offered(next, "");
  return candidates.type === "source" && next?.many === true && given.length > 0
    ? { ...candidates, except: given }
    : candidates;
}
