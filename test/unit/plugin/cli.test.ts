import { expect, test } from "vitest";
import { runCli } from "#plugin/cli.ts";

function run(line: string) {
  const said = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof said) => ({
    write: (text: string) => {
      said[name] += text;
      return true;
    },
  });
  const app = {
    argv: line.split(" "),
    env: {},
    stdout: stream("stdout"),
    stderr: stream("stderr"),
    signal: new AbortController().signal,
    now: () => new Date(0),
    verbosity: 0,
    quiet: false,
  };
  // The words are refused before anything but argv and the two streams is looked at.
  return runCli(app as unknown as Parameters<typeof runCli>[0]).then((code) => ({ code, ...said }));
}

test("flags before the command are refused with the right order, never answered with help and success", async () => {
  const { code, stdout, stderr } = await run("-n shop create nightly");
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain("hint: kubectl backup create -n shop nightly\n");
});

test("flags without any command are refused too", async () => {
  expect(await run("--context prod")).toMatchObject({ code: 2, stdout: "" });
});

test.each([
  ["helpp", "help"],
  ["locaton", "location"],
  ["location chek", "location check"],
  ["help location chek", "location check"],
  ["restor --help", "restore"],
  ["guard stat", "guard status"],
  ["desc x", "describe"],
])("%s: the nearest is %s, whole", async (line, meant) => {
  const { code, stderr } = await run(line);
  expect(code).toBe(2);
  expect(stderr).toContain(`did you mean "${meant}"?`);
});

test.each([
  ["list", "get"],
  ["ls", "get"],
  ["show nightly", "describe"],
  ["backup", "create"],
])("%s, as other tools call it, is %s here", async (line, meant) => {
  expect((await run(line)).stderr).toContain(`did you mean "${meant}"?`);
});

test("help on what is no command is no success, and suggests the nearest", async () => {
  const { code, stdout, stderr } = await run("help restor");
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain('did you mean "restore"?');
});
