import { expect, test } from "vitest";
import { defineCommand, type Invocation } from "#plugin/command.ts";
import { selectionFlags } from "#plugin/flags.ts";
import { parseArguments } from "#plugin/parse.ts";
import { describeSelection, labelsOf, mappingOf, selectionOf } from "#plugin/selection.ts";

const command = defineCommand({
  words: ["create"],
  summary: "for tests",
  flags: selectionFlags,
  examples: [],
  exitCodes: [0],
  run: () => Promise.resolve(0 as const),
});
const select = (line: string) => {
  const parsed = parseArguments(command, line === "" ? [] : line.split(" "));
  // parseArguments types its flags for any command; these are of this one.
  return selectionOf(parsed.flags as Invocation<typeof selectionFlags>["flags"]);
};

test("nothing given selects everything", () => {
  expect(select("")).toEqual({
    includeNamespaces: [],
    excludeNamespaces: [],
    includeResources: [],
    excludeResources: [],
    orSelectors: [],
    includeClusterResources: "auto",
  });
});

test("-n is one included namespace", () => {
  expect(select("-n shop").includeNamespaces).toEqual(["shop"]);
});

test("several namespaces behind -n are answered with the flag that takes them, not looked for as one", () => {
  expect(() => select("-n shop,prod")).toThrow(
    expect.objectContaining({ code: "usage", hint: "for several: --include-namespaces shop,prod" }),
  );
});

test.each([
  "-n shop -A",
  "-n shop --include-namespaces x",
  "-A --include-namespaces x",
  "-l a=b --or-selector c=d",
])("%s is refused as a contradiction", (line) => {
  expect(() => select(line)).toThrow("contradict");
});

test("a selector keeps its commas", () => {
  expect(select("-l a=b,c=d").labelSelector).toBe("a=b,c=d");
  expect(select("--or-selector a=b,c=d --or-selector e=f").orSelectors).toEqual(["a=b,c=d", "e=f"]);
});

test("pairs that are none are refused", () => {
  expect(mappingOf(["a:b"], "--namespace-mapping")).toEqual({ a: "b" });
  expect(() => mappingOf(["a"], "--namespace-mapping")).toThrow("not a pair");
  expect(labelsOf(["a=b=c"], "--labels")).toEqual({ a: "b=c" });
  expect(() => labelsOf(["=x"], "--labels")).toThrow("not key=value");
});

test.each([
  ["-n shop", "namespace shop"],
  ["--include-namespaces shop,web", "namespaces shop, web"],
  ["--include-namespaces team-*", "namespaces team-*"],
])("%s is told as: %s", (line, told) => {
  expect(describeSelection(select(line))).toBe(told);
});
