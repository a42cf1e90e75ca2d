import { type CommandDefinition, familyOf, findCommand, leadingWords } from "./command.ts";
import { commands } from "./commands.ts";
import { candidatesFor, completionText } from "./completion.ts";
import { commonFlags } from "./flags.ts";
import { clientVersionText, TOOL_VERSION } from "./tool-version.ts";
import { commandHelp, familyHelp, overviewHelp } from "./ui/help.ts";

/**
 * What needs nothing but the command definitions is answered here: versions, help, completion of fixed words. A shell asks
 * for the last at every press of a key. The build puts the definitions' data here in place of the commands.
 */
const definitions: readonly CommandDefinition[] = commands;

/** The text for stdout; undefined: the program proper must see to it. */
export function answerAtOnce(argv: readonly string[]): string | undefined {
  const [first] = argv;
  if (first === "__complete") return fixedCompletion(argv.slice(1));
  if (first === "--version") return `kubectl-backup ${TOOL_VERSION}\n`;
  if (first === "version" && argv[1] === "--client" && argv.length === 2) return clientVersionText();
  if (argv.length === 0) return overviewHelp(definitions);
  return isHelpAsked(argv) ? helpOn(leadingWords(argv)) : undefined;
}

function fixedCompletion(words: readonly string[]): string | undefined {
  const candidates = candidatesFor(words, definitions, commonFlags);
  return candidates.type === "source" ? undefined : completionText(candidates, words.at(-1) ?? "");
}

function isHelpAsked(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  const words = end === -1 ? argv : argv.slice(0, end);
  return words[0] === "help" || words.includes("--help") || words.includes("-h");
}

function helpOn([first, ...rest]: readonly string[]): string | undefined {
  if (first === undefined) return overviewHelp(definitions);
  if (first === "help") return helpOn(rest);
  const command = findCommand([first, ...rest], definitions);
  if (command !== undefined) return commandHelp(command, commonFlags);
  const family = familyOf(first, definitions);
  return family.length > 0 && rest.length === 0 ? familyHelp(first, family) : undefined;
}
