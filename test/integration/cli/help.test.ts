import { expect, test } from "vitest";
import { commands } from "#plugin/commands.ts";
import { commonFlags } from "#plugin/flags.ts";
import { commandHelp, overviewHelp } from "#plugin/ui/help.ts";
import { runCli } from "#test/harness/run-cli.ts";

// The built program carries the definitions as data of their own, and answers help from them.
test.each(commands.map((command) => [command.words.join(" "), command] as const))(
  "the built program's help of %s is what its definition says",
  async (_, command) => {
    const { stdout, stderr, code } = await runCli([...command.words, "--help"]);
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    expect(stdout).toBe(commandHelp(command, commonFlags));
  },
);

test("and so is the overview", async () => {
  expect(await runCli([])).toMatchObject({ stdout: overviewHelp(commands), stderr: "", code: 0 });
});
