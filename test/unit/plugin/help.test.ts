import { expect, test } from "vitest";
import { commands } from "#plugin/commands.ts";
import { commonFlags } from "#plugin/flags.ts";
import { commandHelp, overviewHelp } from "#plugin/ui/help.ts";

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
