import { describe, expect, test } from "vitest";
import { commands } from "#plugin/commands.ts";
import { commonFlags } from "#plugin/flags.ts";
import { answerAtOnce } from "#plugin/front.ts";
import { TOOL_VERSION } from "#plugin/tool-version.ts";
import { commandHelp, overviewHelp } from "#plugin/ui/help.ts";

const answer = (line: string) => answerAtOnce(line === "" ? [] : line.split(" "));

describe("help", () => {
  test.each(["", "help", "--help", "-h", "--context prod --help"])("%s: the overview", (line) => {
    expect(answer(line)).toBe(overviewHelp(commands));
  });

  test.each(commands.map((command) => [command.words.join(" "), command] as const))(
    "of %s, however it is asked for",
    (words, command) => {
      const help = commandHelp(command, commonFlags);
      expect(answer(`${words} --help`)).toBe(help);
      expect(answer(`${words} b1 -n shop -h`)).toBe(help);
      expect(answer(`help ${words}`)).toBe(help);
    },
  );

  test("is as wide as the terminal", () => {
    const longest = (text = "") => Math.max(...text.split("\n").map((line) => line.length));
    expect(longest(answerAtOnce(["--help"], 80))).toBeLessThanOrEqual(80);
    expect(longest(answerAtOnce(["--help"], 200))).toBeGreaterThan(80);
  });

  test("of a family lists its commands", () => {
    expect(answer("location --help")).toContain("location check");
  });

  test("is not meant behind --, where every word is an argument", () => {
    expect(answer("describe -- --help")).toBeUndefined();
  });
});

test("versions", () => {
  expect(answer("--version")).toBe(`kubectl-backup ${TOOL_VERSION}\n`);
  expect(answer("version --client")).toContain(`Client Version: ${TOOL_VERSION} (Node `);
  expect(answer("version")).toBeUndefined();
  expect(answer("version --client -o json")).toBeUndefined();
});

describe("completion", () => {
  test("of fixed words is answered, with what they are and kubectl's directive for no files", () => {
    expect(answer("__complete descr")).toBe("describe\tShow what a backup holds and what it lacks\n:4\n");
    expect(answer("__complete get -o j")).toBe("json\n:4\n");
  });

  test("of files is left to the shell", () => {
    expect(answer("__complete get --kubeconfig x")).toBe(":0\n");
  });

  test("of names is not: somebody must be asked", () => {
    expect(answerAtOnce(["__complete", "describe", ""])).toBeUndefined();
  });
});

test("what is no command, or does something, is left to the program", () => {
  for (const line of ["restor", "restor --help", "help restor", "get", "create -n shop", "location"])
    expect(answer(line), line).toBeUndefined();
});
