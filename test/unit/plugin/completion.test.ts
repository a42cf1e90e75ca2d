import { expect, test } from "vitest";
import { commands } from "#plugin/commands.ts";
import { candidatesFor } from "#plugin/completion.ts";
import { commonFlags } from "#plugin/flags.ts";

const ask = (...words: string[]) => candidatesFor(words, commands, commonFlags);
const wordsOf = (...words: string[]) => {
  const found = ask(...words);
  return found.type === "words" ? found.words.map(([word]) => word) : [];
};

test("the first word is a command", () => {
  expect(wordsOf("")).toEqual(expect.arrayContaining(["get", "describe", "delete"]));
});

test("a family's word tells what it has, as the others tell what they do", () => {
  const found = ask("");
  const words = new Map(found.type === "words" ? found.words : []);
  expect(words.get("location")).toBe("add, list, check, default, remove");
  expect(words.get("guard")).toBe("status");
  expect([...words].filter(([, about]) => about === "")).toEqual([]);
});

test("behind a command come its arguments", () => {
  expect(ask("describe", "")).toEqual({ type: "source", source: "backups", prefix: "" });
  expect(wordsOf("completion", "")).toContain("zsh");
});

test("behind help come commands", () => {
  expect(wordsOf("he")).toContain("help");
  expect(wordsOf("help", "")).toEqual(expect.arrayContaining(["get", "location"]));
  expect(wordsOf("help", "location", "")).toContain("check");
});

test("another tool's words for commands are not offered", () => {
  expect(wordsOf("help", "restore", "")).toEqual([]);
});

test("behind a dash come flags", () => {
  expect(wordsOf("get", "-")).toEqual(expect.arrayContaining(["--output", "--location", "--help"]));
});

test("behind a flag comes its value, glued or not", () => {
  expect(wordsOf("get", "--output", "")).toEqual(["table", "wide", "json", "yaml", "name"]);
  expect(wordsOf("get", "--output=")).toContain("--output=json");
  expect(ask("get", "--context", "")).toEqual({ type: "source", source: "contexts", prefix: "" });
});

test("the guard's commands are completed, each with its own namespaces, Secrets, locations and words", () => {
  expect(wordsOf("")).toEqual(expect.arrayContaining(["guard", "check", "install", "uninstall", "protect"]));
  expect(wordsOf("guard", "")).toEqual(["status"]);
  const sources = [
    ["protect", ""],
    ["unprotect", "--once", "--for", "1h", ""],
    ["install", "--read-credentials", ""],
    ["install", "--image-pull-secret="],
    ["install", "--location", ""],
    ["location", "add", "--from-cluster="],
    ["check", "-n", ""],
    ["check", "--location", ""],
  ].map((words) => {
    const found = ask(...words);
    return found.type === "source" ? found.source : found.type;
  });
  expect(sources).toEqual([
    "protectable-namespaces",
    "protected-namespaces",
    "guard-credentials",
    "guard-secrets",
    "locations",
    "published-locations",
    "namespaces",
    "locations",
  ]);
  expect(wordsOf("protect", "--tier", "")).toEqual(["critical", "high", "normal", "low", "none"]);
  expect(wordsOf("protect", "--volumes=")).toEqual(["--volumes=required", "--volumes=waived"]);
  expect(wordsOf("install", "--annotate", "")).toEqual(["namespaces", "workloads", "all"]);
  expect(wordsOf("install", "--dry-run=")).toEqual(["--dry-run=client", "--dry-run=none"]);
  expect(wordsOf("uninstall", "--")).toEqual(expect.arrayContaining(["--dry-run", "--yes", "--context"]));
  expect(wordsOf("unprotect", "--")).toEqual(expect.arrayContaining(["--once", "--for", "--reason"]));
  expect(wordsOf("guard", "status", "--output", "")).toContain("wide");
});

test("of several arguments none is offered twice", () => {
  expect(ask("protect", "shop", "--tier", "low", "web", "")).toEqual({
    type: "source",
    source: "protectable-namespaces",
    prefix: "",
    except: ["shop", "web"],
  });
  expect(ask("describe", "a", "")).toEqual({ type: "words", words: [] });
});

test("a flag's value does not count as an argument", () => {
  expect(ask("describe", "--location", "l1", "")).toEqual({ type: "source", source: "backups", prefix: "" });
});

test("the last of several values is completed behind the others", () => {
  expect(ask("create", "--include-namespaces", "a,b")).toEqual({
    type: "source",
    source: "namespaces",
    prefix: "a,",
  });
  expect(ask("create", "--include-namespaces=a,b,")).toEqual({
    type: "source",
    source: "namespaces",
    prefix: "--include-namespaces=a,b,",
  });
});
