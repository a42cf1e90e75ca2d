import type { Failure, FailureCode } from "#core/model/errors.ts";
import { shellWord } from "#core/model/shell-word.ts";
import { type CommandDefinition, type Flag, findCommand } from "#plugin/command.ts";
import { clusterFlags } from "#plugin/flags.ts";
import { type GivenFlag, givenFlags } from "#plugin/given-flags.ts";

/**
 * A suggested command must work as it is pasted: it gets the flags of this call that say which cluster, which location
 * and, where it takes one, which selection is meant. Pure.
 */
export function completeHint(
  hint: string,
  argv: readonly string[],
  commands: readonly CommandDefinition[],
): string {
  if (hint.includes("--help")) return hint.replace("run the command with --help", ownHelp(argv, commands));
  const given = givenFlags(argv).filter(({ name }) => !SECRET.has(name));
  const fitting = argv[0] === "restore" ? hint.replace("kubectl backup rbac backup", RESTORE_RIGHTS) : hint;
  return fitting
    .replace(/kubectl backup ([a-z]+(?: [a-z]+)?)/, (call, words: string) =>
      completeCall(call, findCommand(words.split(" "), commands), { hint: fitting, given }),
    )
    .replace(
      /kubectl (?:auth whoami|api-resources|cluster-info|config [a-z-]+|get [a-z]+|(?:label|annotate) namespace)/g,
      (call) => [call, ...kubectlFlags(fitting, given)].join(" "),
    );
}

const AFTER_CHECK: Partial<Readonly<Record<FailureCode, string>>> = {
  "location-unreachable":
    "look whether its server or disk answers, and, for s3://, at ?endpoint= and ?region= in the URL",
  "location-forbidden": "check the credentials, and their rights in the bucket or folder",
  "location-error": "try again later, or ask whoever keeps the server or disk that the location's URL names",
};

/** What to do about a step of a location's check that failed: what tests a location would be the same once more. */
export function afterLocationCheck({ code, hint }: Failure): string {
  return hint.includes("kubectl backup location check") ? (AFTER_CHECK[code] ?? hint) : hint;
}

function ownHelp(argv: readonly string[], commands: readonly CommandDefinition[]): string {
  const words = findCommand(argv, commands)?.words ?? [];
  return ["kubectl backup", ...words, "--help"].join(" ");
}

const RESTORE_RIGHTS = "kubectl backup rbac restore";

/** Never repeated. */
const SECRET: ReadonlySet<string> = new Set(["token"]);

function completeCall(
  call: string,
  command: CommandDefinition | undefined,
  { hint, given }: { readonly hint: string; readonly given: readonly GivenFlag[] },
): string {
  if (command === undefined) return call;
  const start = `kubectl backup ${command.words.join(" ")}`;
  // The same definition, not only the same name: --cluster of get is another thing.
  const flags = given.filter(({ name, flag }) => command.flags[name] === flag && !names(hint, name, flag));
  const location = given.find(({ name }) => name === "location")?.value;
  const [first] = command.positionals ?? [];
  const takesLocation =
    command.words[0] === "location" && first?.completes === "locations" && first.required !== true;
  const words = [
    ...(takesLocation && location !== undefined ? [shellWord(location)] : []),
    ...flags.map(spell),
  ];
  return [start, ...words].join(" ") + call.slice(start.length);
}

function names(hint: string, name: string, { short }: Flag): boolean {
  return hint.includes(` --${name}`) || (short !== undefined && hint.includes(` -${short} `));
}

/** kubectl has the same global flags; its `config` shows files and has no use for the others. */
function kubectlFlags(hint: string, given: readonly GivenFlag[]): readonly string[] {
  const isConfig = hint.includes("kubectl config ");
  return given.filter(({ name }) => name in clusterFlags && (!isConfig || name === "kubeconfig")).map(spell);
}

function spell({ name, flag, value }: GivenFlag): string {
  const word = flag.short === undefined ? `--${name}` : `-${flag.short}`;
  if (value === undefined) return word;
  return flag.type === "boolean" || flag.bare !== undefined
    ? `--${name}=${shellWord(value)}`
    : `${word} ${shellWord(value)}`;
}
