import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../../..");

/** All files of ours that a program is made of. */
function filesOf(file: string, known = new Set<string>()): ReadonlySet<string> {
  if (known.has(file)) return known;
  known.add(file);
  const specifiers = readFileSync(join(ROOT, file), "utf8").matchAll(/(?:from |import\(?)"([#.][^"]+)"/g);
  for (const [, specifier = ""] of specifiers) {
    const path = specifier.startsWith("#") ? specifier.slice(1) : join(dirname(file), specifier);
    filesOf(relative(ROOT, join(ROOT, path)), known);
  }
  return known;
}

test("all that the image's build imports is in the build's context", () => {
  const lines = readFileSync(join(ROOT, ".dockerignore"), "utf8").trimEnd().split("\n");
  const [all, ...kept] = lines;
  expect(all).toBe("*");
  const isKept = (file: string) =>
    kept.some((line) => file === line.slice(1) || file.startsWith(`${line.slice(1)}/`));
  const files = ["scripts/build.ts", "scripts/image.ts"].flatMap((program) => [...filesOf(program)]);
  expect(files.length).toBeGreaterThan(10);
  expect(files.filter((file) => !isKept(file))).toEqual([]);
});
