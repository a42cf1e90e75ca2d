import { Failure } from "#core/model/errors.ts";
import { nearest } from "#core/model/nearest.ts";
import { type App, appWith } from "./app.ts";
import { type CommandDefinition, type ExitCode, familyOf, findCommand, leadingWords } from "./command.ts";
import { commands } from "./commands.ts";
import { exitCodeOf, showFailure } from "./ui/failure.ts";
import { familyHelp, helpWidth } from "./ui/help.ts";
import { completeHint } from "./ui/hint.ts";

/** argv → the command it names → its handler. Everything thrown ends here, as one message and one exit code. */
export async function runCli(app: App): Promise<ExitCode> {
  try {
    return await dispatch(app);
  } catch (error) {
    return showFailure(error, app, {
      json: wantsJson(app.argv),
      verbose: app.argv.some((word) => /^(-v|--verbosity)/.test(word)),
      complete: (hint) => completeHint(hint, app.argv, commands),
    });
  }
}

async function dispatch(app: App): Promise<ExitCode> {
  const words = leadingWords(app.argv);
  refuseFlagsFirst(app.argv);
  if (words[0] === "help") throw unknownCommand(words.slice(1), shown);
  const command = findCommand(words, commands);
  if (command === undefined) return refuseWords(app, words);
  const { parseArguments } = await import("./parse.ts");
  const invocation = parseArguments(command, withoutWords(app.argv, command.words.length));
  const { verbosity, quiet } = invocation;
  const code = await command.run(invocation, appWith(app, { verbosity, quiet }));
  return app.signal.aborted && code === 0 ? exitCodeOf(undefined, app.signal) : code;
}

/** A help text and exit 0 would let a script believe that its backup was made. */
function refuseFlagsFirst(argv: readonly string[]): void {
  const [first = ""] = argv;
  if (!first.startsWith("-")) return;
  const start = argv.findIndex((_, index) => findCommand(argv.slice(index), commands) !== undefined);
  const length = findCommand(argv.slice(Math.max(start, 0)), commands)?.words.length ?? 0;
  const inOrder = [
    ...argv.slice(start, start + length),
    ...argv.slice(0, start),
    ...argv.slice(start + length),
  ];
  throw new Failure("usage", `the command comes before its flags, and "${first}" is a flag`, {
    hint: start === -1 ? "kubectl backup --help lists the commands" : `kubectl backup ${inOrder.join(" ")}`,
  });
}

function withoutWords(argv: readonly string[], count: number): readonly string[] {
  return argv.slice(count);
}

const shown = commands.filter((command) => command.hidden !== true);

/** The first word of several commands alone shows them, but is no success. */
function refuseWords(app: App, words: readonly string[]): ExitCode {
  const [first = "", second] = words;
  const family = familyOf(first, shown);
  if (family.length === 0) throw unknownCommand(words.slice(0, 1), shown);
  if (second !== undefined) throw unknownCommand(words.slice(0, 2), family);
  app.stderr.write(familyHelp(first, family, helpWidth(app.stderr.columns)));
  return 2;
}

/** What other tools call it: words without a near one here. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  backup: "create",
  list: "get",
  ls: "get",
  show: "describe",
  rm: "delete",
  remove: "delete",
};

function unknownCommand(typed: readonly string[], among: readonly CommandDefinition[]): Failure {
  const before = typed.slice(0, -1);
  const known = among
    .filter(({ words }) => before.every((word, index) => words[index] === word))
    .flatMap(({ words }) => words[before.length] ?? []);
  const word = typed.at(-1) ?? "";
  const near =
    before.length === 0 ? (ELSEWHERE[word] ?? nearest(word, [...known, "help"])) : nearest(word, known);
  const hint =
    near === undefined
      ? "kubectl backup --help lists the commands"
      : `did you mean "${[...before, near].join(" ")}"?`;
  return new Failure("usage", `unknown command "${typed.join(" ")}"`, { hint });
}

function wantsJson(argv: readonly string[]): boolean {
  return argv.some((word, index) => {
    const value = /^(?:-o|--output)=?(.*)$/.exec(word)?.[1];
    return value === "json" || (value === "" && argv[index + 1] === "json");
  });
}
