import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { CommandDefinition } from "#plugin/command.ts";
import { commands } from "#plugin/commands.ts";
import { manPage } from "#plugin/reference/man-page.ts";
import { markdownPage } from "#plugin/reference/markdown-page.ts";
import { REFERENCE_FOLDERS, referenceFiles } from "#plugin/reference/reference-files.ts";

const ROOT = join(import.meta.dirname, "../../../..");

test("docs/reference and docs/man/man1 say what the commands do (where this fails: make docs, and commit what it writes)", async () => {
  const made = referenceFiles(commands);
  const lying = await Promise.all(
    REFERENCE_FOLDERS.map(async (folder) =>
      (await readdir(join(ROOT, folder))).map((name) => `${folder}/${name}`),
    ),
  );
  expect(lying.flat().sort(), "other files than commands; make docs writes them anew").toEqual(
    [...made.keys()].sort(),
  );
  for (const [path, text] of made)
    expect(await readFile(join(ROOT, path), "utf8"), `${path} is out of date; make docs writes it anew`).toBe(
      text,
    );
});

test("man finds the pages in a clone (man -M docs/man): they lie in their section's folder", () => {
  const pages = [...referenceFiles(commands).keys()].filter((path) => path.endsWith(".1"));
  expect(pages).toContain("docs/man/man1/kubectl-backup-create.1");
  expect(pages.filter((path) => !path.startsWith("docs/man/man1/"))).toEqual([]);
});

test("a man page has no sign that a terminal without UTF-8 loses", () => {
  const pages = [...referenceFiles(commands)].filter(([path]) => path.endsWith(".1"));
  const odd = pages.flatMap(
    ([path, text]) => text.match(/.*[^\x20-\x7e\n].*/g)?.map((line) => `${path}: ${line}`) ?? [],
  );
  expect(odd).toEqual([]);
});

const command: CommandDefinition = {
  words: ["show", "all"],
  summary: "Show a|b",
  description: "Of `a|b`, and *.\n\n.hidden begins a line.",
  positionals: [{ name: "NAME", describe: "one <name>", required: true }],
  flags: {
    depth: { type: "number", short: "d", value: "N", describe: "levels", fallback: "2" },
    secret: { type: "string", describe: "nobody's business", hidden: true },
  },
  examples: [{ command: "kubectl backup show all -d 3 'x'", meaning: "three levels" }],
  exitCodes: [0, 2],
};

test("in Markdown nothing of a text becomes a mark, and what is hidden stays so", () => {
  const page = markdownPage(command);
  for (const part of [
    "Show a\\|b.",
    "Of `a\\|b`, and \\*.",
    "one \\<name\\>",
    "| `-d, --depth N` | levels | 2 |",
  ])
    expect(page).toContain(part);
  expect(page).not.toContain("secret");
});

test("in a man page hyphens and quotes stay what they are, and no text becomes a request", () => {
  const page = manPage(command);
  for (const part of [
    "\n\\&.hidden begins",
    "\\fBa|b\\fR",
    ".B \\-d, \\-\\-depth N\nlevels (default: 2)",
    "\\(aqx\\(aq",
  ])
    expect(page).toContain(part);
  expect(page).not.toContain("secret");
});
