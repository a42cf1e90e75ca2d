import { type CommandDefinition, EXIT_CODES } from "#plugin/command.ts";
import { commandUsage, flagSpelling } from "#plugin/ui/help.ts";
import { flagGroups } from "./flag-groups.ts";
import { pageName } from "./page-name.ts";

/** In the macros of man(7), which every man reads. Without a date or version: the same commands make the same page. */
const TITLE = '"" "kubectl-backup" "kubectl-backup"';
const ORIGIN = ".\\\" Written by `make docs` from the commands' definitions.";

export function manPage(command: CommandDefinition): string {
  const name = `kubectl-backup-${pageName(command)}`;
  return lines([
    ORIGIN,
    `.TH ${name.toUpperCase()} 1 ${TITLE}`,
    ".SH NAME",
    `${plain(name)} \\- ${prose(command.summary)}`,
    ".SH SYNOPSIS",
    `.B ${plain(commandUsage(command))}`,
    ".SH DESCRIPTION",
    ...paragraphs(command.description ?? `${command.summary}.`),
    ...(command.positionals ?? []).flatMap((one) => item(one.name, one.describe)),
    ...flagGroups(command).flatMap(([title, flags]) => [
      `.SH ${title === "Flags" ? "OPTIONS" : title.toUpperCase()}`,
      ...Object.entries(flags).flatMap(([flag, definition]) => {
        const { describe, fallback } = definition;
        const text = fallback === undefined ? describe : `${describe} (default: ${fallback})`;
        return item(flagSpelling(flag, definition), text);
      }),
    ]),
    ".SH EXIT STATUS",
    ...command.exitCodes.flatMap((code) => item(String(code), EXIT_CODES[code])),
    ".SH EXAMPLES",
    ...command.examples.flatMap((one) => [
      ".PP",
      prose(`${one.meaning}:`),
      ".PP",
      ".EX",
      indented(one.command),
      ".EE",
    ]),
    ".SH SEE ALSO",
    ".BR kubectl\\-backup (1)",
  ]);
}

export function overviewManPage(commands: readonly CommandDefinition[]): string {
  return lines([
    ORIGIN,
    `.TH KUBECTL-BACKUP 1 ${TITLE}`,
    ".SH NAME",
    "kubectl\\-backup \\- Back up and restore Kubernetes clusters",
    ".SH SYNOPSIS",
    ".B kubectl backup COMMAND [flags]",
    ".SH DESCRIPTION",
    "Flags come after the command. Each command has a page of its own.",
    ".SH COMMANDS",
    ...commands.flatMap((command) => [
      ".TP",
      `.BR kubectl\\-backup\\-${plain(pageName(command))} (1)`,
      prose(command.summary),
    ]),
    ".SH SEE ALSO",
    ".BR kubectl (1)",
  ]);
}

function item(head: string, text: string): readonly string[] {
  return [".TP", `.B ${plain(head)}`, prose(text)];
}

function paragraphs(text: string): readonly string[] {
  return text.split("\n\n").flatMap((one, index) => [...(index === 0 ? [] : [".PP"]), prose(one)]);
}

function indented(text: string): string {
  return `    ${plain(text)}`;
}

/** What stands between backticks is bold. */
function prose(text: string): string {
  const parts = text.split("`").map(plain);
  return escapedStart(parts.map((part, index) => (index % 2 === 0 ? part : `\\fB${part}\\fR`)).join(""));
}

/**
 * A hyphen would become a typographic one, which nobody can paste into a shell; a quote likewise. An ellipsis of one sign is
 * lost where the terminal has no UTF-8.
 */
function plain(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("'", "\\(aq")
    .replaceAll('"', "\\(dq")
    .replaceAll("…", "...");
}

/** A line that begins with a dot or a quote would be a request. */
function escapedStart(line: string): string {
  return /^[.']/.test(line) ? `\\&${line}` : line;
}

function lines(all: readonly string[]): string {
  return `${all.join("\n")}\n`;
}
