import {
  type CommandDefinition,
  EXIT_CODES,
  type Flag,
  type Flags,
  type Positional,
} from "#plugin/command.ts";

/** Help texts, made from the command definitions. Pure. */
const WIDTH = 100;
/** Narrower, hardly a word would fit beside a flag. */
const LEAST_WIDTH = 60;

/** As wide as the terminal, but not so wide that lines are hard to read. */
export function helpWidth(columns = WIDTH): number {
  return Math.min(Math.max(columns, LEAST_WIDTH), WIDTH);
}

export function commandUsage(command: CommandDefinition): string {
  const words = ["kubectl backup", ...command.words].join(" ");
  const positionals = (command.positionals ?? []).map(positionalUsage).join(" ");
  return [words, positionals, "[flags]"].filter((part) => part !== "").join(" ");
}

function positionalUsage(positional: Positional): string {
  const name = positional.many === true ? `${positional.name}…` : positional.name;
  return positional.required === true ? name : `[${name}]`;
}

export function commandHelp(command: CommandDefinition, common: Flags, width = WIDTH): string {
  const sections = [
    [command.summary, command.description].flatMap((text) => paragraphs(text, width)).join("\n\n"),
    `Usage:\n  ${commandUsage(command)}`,
    section(
      "Arguments",
      (command.positionals ?? []).map((one) => [`  ${one.name}`, one.describe] as const),
      width,
    ),
    `Examples:\n${command.examples.map((one) => `  # ${one.meaning}\n  ${one.command}`).join("\n\n")}`,
    section("Flags", flagRows(command.flags), width),
    section("Common flags", flagRows(common), width),
    section(
      "Exit codes",
      command.exitCodes.map((code) => [`  ${code}`, EXIT_CODES[code]] as const),
      width,
    ),
  ];
  return `${sections.filter((part) => part !== "").join("\n\n")}\n`;
}

/** Paragraphs are separated by an empty line; within one, lines are broken here. */
function paragraphs(text: string | undefined, width: number): readonly string[] {
  return text === undefined ? [] : text.split("\n\n").map((one) => wrap(one, width).join("\n"));
}

function section(title: string, rows: readonly (readonly [string, string])[], width: number): string {
  if (rows.length === 0) return "";
  const column = Math.min(Math.max(...rows.map(([left]) => left.length)) + 3, Math.floor(width * 0.44));
  return `${title}:\n${rows.map(([left, right]) => row([left, right], column, width)).join("\n")}`;
}

function row([left, right]: readonly [string, string], column: number, width: number): string {
  const lines = wrap(right, width - column);
  const first = left.length < column - 1 ? left.padEnd(column) : `${left}\n${" ".repeat(column)}`;
  return first + lines.join(`\n${" ".repeat(column)}`);
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

function flagRows(flags: Flags): readonly (readonly [string, string])[] {
  return Object.entries(flags)
    .filter(([, flag]) => flag.hidden !== true)
    .map(([name, flag]) => [flagUsage(name, flag), flagText(flag)] as const);
}

function flagUsage(name: string, flag: Flag): string {
  const spelling = flagSpelling(name, flag);
  return flag.short === undefined ? `      ${spelling}` : `  ${spelling}`;
}

/** `-n, --namespace NAMESPACE`, or `--wait[=true|false]` where the value must be glued. */
export function flagSpelling(name: string, flag: Flag): string {
  const short = flag.short === undefined ? "" : `-${flag.short}, `;
  if (flag.type === "boolean") return `${short}--${name}`;
  const value = flag.value ?? "VALUE";
  return flag.bare === undefined ? `${short}--${name} ${value}` : `${short}--${name}[=${value}]`;
}

function flagText(flag: Flag): string {
  return flag.fallback === undefined ? flag.describe : `${flag.describe} (default: ${flag.fallback})`;
}

export function overviewHelp(commands: readonly CommandDefinition[], width = WIDTH): string {
  const shown = commands.filter((command) => command.hidden !== true);
  const rows = shown.map((command) => [`  ${command.words.join(" ")}`, command.summary] as const);
  return `Back up and restore Kubernetes clusters: nothing to install in the cluster.

Usage:
  kubectl backup COMMAND [flags]

${section("Commands", rows, width)}

Start here:
  kubectl backup create                      # everything, into a local folder
  kubectl backup get                         # what there is
  kubectl backup restore NAME --dry-run      # what a restore would do
  kubectl backup restore NAME

kubectl backup COMMAND --help tells more.
Flags come after the command (kubectl allows none before a plugin's name).
`;
}

/** \`kubectl backup location\` alone: the commands of that family. */
export function familyHelp(word: string, commands: readonly CommandDefinition[], width = WIDTH): string {
  const rows = commands.map((command) => [`  ${command.words.join(" ")}`, command.summary] as const);
  return `Usage:\n  kubectl backup ${word} COMMAND [flags]\n\n${section("Commands", rows, width)}\n`;
}
