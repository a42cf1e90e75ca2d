import { type CommandDefinition, EXIT_CODES, type Flags, type Positional } from "#plugin/command.ts";
import { commandUsage, flagSpelling } from "#plugin/ui/help.ts";
import { flagGroups } from "./flag-groups.ts";
import { pageName } from "./page-name.ts";

const ORIGIN = "<!-- Written by `make docs` from the command's definition. -->\n";

export function markdownPage(command: CommandDefinition): string {
  const sections = [
    `# kubectl backup ${command.words.join(" ")}`,
    `${prose(command.summary)}.`,
    ...(command.description === undefined ? [] : [prose(command.description)]),
    code("", [commandUsage(command)]),
    ...argumentList(command.positionals),
    "## Examples",
    code(
      "sh",
      command.examples.map((one) => `# ${one.meaning}\n${one.command}`),
    ),
    ...flagGroups(command).flatMap(([title, flags]) => [`## ${title}`, flagTable(flags)]),
    "## Exit codes",
    table(
      ["code", "meaning"],
      command.exitCodes.map((one) => [String(one), EXIT_CODES[one]]),
    ),
  ];
  return `${ORIGIN}\n${sections.join("\n\n")}\n`;
}

export function markdownIndex(commands: readonly CommandDefinition[]): string {
  const rows = commands.map((command) => [
    `[${command.words.join(" ")}](${pageName(command)}.md)`,
    prose(command.summary),
  ]);
  const sections = ["# Commands", "Flags come after the command.", table(["command", "what it does"], rows)];
  return `${ORIGIN}\n${sections.join("\n\n")}\n`;
}

function argumentList(positionals: readonly Positional[] = []): readonly string[] {
  const items = positionals.map(({ name, describe }) => `- \`${name}\`: ${prose(describe)}`);
  return items.length === 0 ? [] : [items.join("\n")];
}

function flagTable(flags: Flags): string {
  const rows = Object.entries(flags).map(([name, flag]) => [
    `\`${flagSpelling(name, flag).replaceAll("|", "\\|")}\``,
    prose(flag.describe),
    prose(flag.fallback ?? ""),
  ]);
  return table(["flag", "meaning", "default"], rows);
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function code(language: string, blocks: readonly string[]): string {
  return `\`\`\`${language}\n${blocks.join("\n\n")}\n\`\`\``;
}

/** What means something in Markdown means itself, but for what stands between backticks, where only a table's bar does. */
function prose(text: string): string {
  const parts = text.split("`");
  return parts
    .map((part, index) => part.replaceAll(index % 2 === 0 ? /[\\*_<>[\]|]/g : /\|/g, "\\$&"))
    .join("`");
}
