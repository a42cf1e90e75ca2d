import { expect, test } from "vitest";
import { defineCommand } from "#plugin/command.ts";
import { clusterFlags } from "#plugin/flags.ts";
import { glueBareFlags, parseArguments } from "#plugin/parse.ts";

const command = defineCommand({
  words: ["restore"],
  summary: "for tests",
  positionals: [{ name: "BACKUP", describe: "the backup", required: true }],
  flags: {
    "dry-run": {
      type: "string",
      bare: "client",
      choices: ["client", "server", "none"],
      describe: "",
      value: "HOW",
    },
    wait: { type: "string", bare: "true", choices: ["true", "false"], describe: "", value: "YES" },
    existing: {
      type: "string",
      choices: ["skip", "update"],
      describe: "",
      hiddenAliases: ["existing-resource-policy"],
    },
    "include-namespaces": { type: "list", describe: "" },
    selector: { type: "string", short: "l", describe: "" },
    yes: { type: "boolean", short: "y", describe: "" },
  },
  examples: [],
  exitCodes: [0],
  run: () => Promise.resolve(0 as const),
});
const parse = (line: string) =>
  parseArguments(
    command,
    line.split(" ").filter((word) => word !== ""),
  );
const refusal = (line: string): unknown => {
  try {
    return parse(line);
  } catch (error) {
    return error;
  }
};

test("a flag with an optional value never swallows the word behind it", () => {
  const before = parse("--dry-run b1");
  const after = parse("b1 --dry-run");
  expect(before).toEqual(after);
  expect(before.positionals).toEqual(["b1"]);
  expect(before.flags).toMatchObject({ dryRun: "client" });
});

test("an optional value is taken after =", () => {
  expect(parse("b1 --dry-run=server --wait=false").flags).toMatchObject({
    dryRun: "server",
    wait: "false",
  });
});

test("a boolean flag never swallows the word behind it, not even the word false", () => {
  expect(parse("-y false").positionals).toEqual(["false"]);
});

test("an unknown flag is refused with the nearest known one", () => {
  expect(refusal("b1 --include-namespace x")).toMatchObject({
    code: "usage",
    message: "unknown flag --include-namespace",
    hint: 'did you mean "--include-namespaces"?',
  });
});

test("a value outside the choices is refused in one line", () => {
  const failure = refusal("b1 --existing=overwrite");
  expect(failure).toMatchObject({ code: "usage" });
  expect(String(failure)).toContain("overwrite");
  expect(String(failure)).not.toContain("\n");
});

test("Velero's spellings mean the same", () => {
  expect(parse("b1 --existing-resource-policy update").flags).toMatchObject({ existing: "update" });
});

test("lists take commas and repetition", () => {
  const { flags } = parse("b1 --include-namespaces a,b --include-namespaces=c");
  expect(flags).toMatchObject({ includeNamespaces: ["a", "b", "c"] });
});

test("a list does not swallow the argument that follows its value", () => {
  expect(parse("--include-namespaces a b1").positionals).toEqual(["b1"]);
});

test("a flag that was not given is undefined and an empty list", () => {
  expect(parse("b1").flags).toEqual({ includeNamespaces: [] });
});

test("a missing argument and one too many are named", () => {
  expect(refusal("")).toMatchObject({ message: "BACKUP is missing" });
  expect(refusal("b1 b2")).toMatchObject({ message: 'unexpected argument "b2"' });
});

test("a name of digits stays text", () => {
  expect(parse("0123").positionals).toEqual(["0123"]);
});

test("words behind -- are left alone", () => {
  expect(glueBareFlags(["--yes", "--", "--yes"], command.flags)).toEqual(["--yes=true", "--", "--yes"]);
});

test("a backup may be named as -o name prints it", () => {
  const positionals = [{ name: "BACKUP", describe: "the backup", completes: "backups" as const }];
  expect(parseArguments({ ...command, positionals }, ["backup/nightly"]).positionals).toEqual(["nightly"]);
  expect(parse("backup/nightly").positionals).toEqual(["backup/nightly"]);
});

test.each([
  ["b1 --selector", "--selector needs a value"],
  ["b1 -l", "-l needs a value"],
  ["b1 --include-namespaces", "--include-namespaces needs a value"],
])("%s: a flag at the end without its value is named as it was typed", (line, message) => {
  expect(refusal(line)).toMatchObject({ code: "usage", message });
});

test.each([
  ["b1 -la=b", { selector: "a=b" }],
  ["b1 -l=a", { selector: "a" }],
  ["b1 -l!a", { selector: "!a" }],
])("%s: a short flag takes its value without a space, as kubectl's does", (line, flags) => {
  expect(parse(line).flags).toMatchObject(flags);
});

test.each(["b1 -v6", "b1 -v 6", "b1 -v=6", "-v 6 b1"])(
  "%s: a level behind -v is no backup's name",
  (line) => {
    expect(parse(line)).toMatchObject({ verbosity: 6, positionals: ["b1"] });
  },
);

test("-v alone is the first level, and words behind it stay words", () => {
  expect(parse("-v b1")).toMatchObject({ verbosity: 1, positionals: ["b1"] });
});

test.each([
  [["b1", "--include-namespaces", ""], "--include-namespaces is empty"],
  [["b1", "--include-namespaces", " , "], "--include-namespaces is empty"],
  [["b1", "--selector="], "--selector is empty"],
  [["b1", "-l", ""], "--selector is empty"],
])("%j: an empty value, as of a variable that is not set, does not mean everything", (words, message) => {
  expect(() => parseArguments(command, words)).toThrow(message);
});

test("an empty kubeconfig flag is one that was not given, as kubectl takes it", () => {
  const withCluster = { ...command, flags: { ...command.flags, ...clusterFlags } };
  expect(parseArguments(withCluster, ["b1", "--context", "", "--as-group", ""]).flags).toMatchObject({
    context: "",
    asGroup: [],
  });
});
