import { expect, test } from "vitest";
import { type Flag, findCommand } from "#plugin/command.ts";
import { commands } from "#plugin/commands.ts";
import { commonFlags } from "#plugin/flags.ts";
import { parseArguments } from "#plugin/parse.ts";
import { commandHelp, helpWidth, overviewHelp } from "#plugin/ui/help.ts";
import { callsIn } from "#test/fixtures/shell-words.ts";

test.each(commands.map((command) => [command.words.join(" "), command] as const))(
  "help of %s has examples, flags and exit codes within 100 columns",
  (_, command) => {
    const help = commandHelp(command, commonFlags);
    for (const heading of ["Usage:", "Examples:", "Common flags:", "Exit codes:"])
      expect(help).toContain(heading);
    expect(command.examples.length).toBeGreaterThan(0);
    const prose = help.split("\n").filter((line) => !line.includes("kubectl backup "));
    expect(prose.filter((line) => line.length > 100)).toEqual([]);
  },
);

test("on 80 columns nothing but commands and long flags is longer", () => {
  const texts = [overviewHelp(commands, 80), ...commands.map((one) => commandHelp(one, commonFlags, 80))];
  const prose = texts.flatMap((text) => text.split("\n")).filter((line) => !/^ *(-|# |kubectl)/.test(line));
  expect(prose.filter((line) => line.length > 80 && !line.includes("kubectl backup "))).toEqual([]);
});

test.each([
  [undefined, 100],
  [200, 100],
  [80, 80],
  [20, 60],
])("on %s columns help is %i wide", (columns, width) => {
  expect(helpWidth(columns)).toBe(width);
});

test("every example names the command it explains", () => {
  for (const command of commands) {
    for (const example of command.examples)
      expect(example.command).toContain(`kubectl backup ${command.words.join(" ")}`);
  }
});

test("the overview lists every command but those of another tool", () => {
  const lines = overviewHelp(commands).split("\n");
  for (const { words, hidden } of commands) {
    const listed = lines.some((line) => line.startsWith(`  ${words.join(" ")} `));
    expect(listed, words.join(" ")).toBe(hidden !== true);
  }
});

const byName = commands.map((command) => [command.words.join(" "), command] as const);

test.each(byName)("the examples of %s are understood as they are written", (_, { examples }) => {
  for (const { command: line } of examples) {
    const calls = callsIn(line);
    expect(calls.length, line).toBeGreaterThan(0);
    for (const words of calls) {
      const command = findCommand(words, commands);
      if (command === undefined) throw new Error(`${line}: no command`);
      expect(() => parseArguments(command, words.slice(command.words.length)), line).not.toThrow();
    }
  }
});

test.each(byName)(
  "%s is summed up in a line, with the exit codes of every command",
  (_, { summary, exitCodes }) => {
    expect(summary).toMatch(/^[A-Z].{5,110}[^.]$/);
    expect(exitCodes).toEqual(expect.arrayContaining([0, 2]));
    expect(exitCodes).toEqual(exitCodes.toSorted((a, b) => a - b));
  },
);

test.each(byName)(
  "flags of %s tell what holds when they are left out, and durations their unit",
  (_, command) => {
    const flags: readonly (readonly [string, Flag])[] = Object.entries({ ...command.flags, ...commonFlags });
    const undecided = flags.filter(
      ([, { type, choices, bare, fallback }]) =>
        (choices !== undefined || type === "number") && bare === undefined && fallback === undefined,
    );
    expect(undecided.map(([name]) => name)).toEqual([]);
    const unitless = flags.filter(
      ([, { value, describe: text, fallback }]) =>
        value === "DURATION" && !/\d+[smhdw]\b/.test(`${text} ${fallback}`),
    );
    expect(unitless.map(([name]) => name)).toEqual([]);
  },
);
