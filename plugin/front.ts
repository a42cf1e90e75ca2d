import { type CommandDefinition, familyOf, findCommand, leadingWords } from "./command.ts";
import { commands } from "./commands.ts";
import { candidatesFor, completionText } from "./completion.ts";
import { endOfFlags } from "./end-of-flags.ts";
import { commonFlags } from "./flags.ts";
import { clientVersionText, TOOL_VERSION } from "./tool-version.ts";
import { commandHelp, familyHelp, helpWidth, overviewHelp } from "./ui/help.ts";

/**
 * What needs nothing but the command definitions is answered here: versions, help, completion of fixed words. A shell asks
 * for the last at every press of a key. The build puts the definitions' data here in place of the commands.
 */
const definitions: readonly CommandDefinition[] = commands;

/** The text for stdout, `columns` wide where that is a terminal; undefined: the program proper must see to it. */
export function answerAtOnce(argv: readonly string[], columns?: number): string | undefined {
  const [first] = argv;
  if (first === "__complete") return fixedCompletion(argv.slice(1));
  if (first === "--version") return `kubectl-backup ${TOOL_VERSION}\n`;
  if (first === "version" && argv[1] === "--client" && argv.length === 2) return clientVersionText();
  if (argv.length === 0) return overviewHelp(definitions, helpWidth(columns));
  return isHelpAsked(argv) ? helpOn(leadingWords(argv), helpWidth(columns)) : undefined;
}

function fixedCompletion(words: readonly string[]): string | undefined {
  const candidates = candidatesFor(words, definitions, commonFlags);
  return candidates.type === "source" ? undefined : completionText(candidates, words.at(-1) ?? "");
}

function isHelpAsked(argv: readonly string[]): boolean {
  const words = argv.slice(0, endOfFlags(argv));
  return words[0] === "help" || words.includes("--help") || words.includes("-h");
}

function helpOn([first, ...rest]: readonly string[], width: number): string | undefined {
  if (first === undefined) return overviewHelp(definitions, width);
  if (first === "help") return helpOn(rest, width);
  const command = findCommand([first, ...rest], definitions);
  if (command !== undefined) return commandHelp(command, commonFlags, width);
  const family = familyOf(first, definitions);
  return family.length > 0 && rest.length === 0 ? familyHelp(first, family, width) : undefined;
}
