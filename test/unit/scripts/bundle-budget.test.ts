import type { Metafile } from "esbuild";
import { expect, test } from "vitest";
import { budgetFaults } from "#scripts/bundle-budget.ts";

type Imports = Readonly<Record<string, readonly (readonly [path: string, kind: "eager" | "lazy"])[]>>;

/** What esbuild tells of these modules, each of the given size in the output of its entry. */
function metafile(imports: Imports, bytes = 1000): Metafile {
  const inputs = Object.entries(imports).map(([path, ones]) => [
    path,
    {
      bytes,
      imports: ones.map(([imported, kind]) => ({
        path: imported,
        kind: kind === "lazy" ? ("dynamic-import" as const) : ("import-statement" as const),
      })),
    },
  ]);
  const all = { bytes: 0, imports: [], exports: [], inputs: written(Object.keys(imports), bytes) };
  return { inputs: Object.fromEntries(inputs), outputs: { "lib/main.cjs": all, "lib/program.cjs": all } };
}

const BUDGET = {
  entry: "plugin/cli.ts",
  output: "program.cjs",
  maxBytes: 200_000,
  without: /^node_modules\/|^node:crypto/,
};

const faultsOf = (imports: Imports) => budgetFaults(metafile(imports), [BUDGET]);

const written = (paths: readonly string[], bytesInOutput: number) =>
  Object.fromEntries(paths.map((path) => [path, { bytesInOutput }]));

test("what is loaded lazily may be heavy", () => {
  const imports: Imports = {
    "plugin/main.ts": [["plugin/cli.ts", "lazy"]],
    "plugin/cli.ts": [["node_modules/zod/index.js", "lazy"]],
    "node_modules/zod/index.js": [["node:crypto", "eager"]],
  };
  expect(faultsOf(imports)).toEqual([]);
});

test("a package that becomes eager is named with the module that brought it", () => {
  const imports: Imports = {
    "plugin/cli.ts": [["core/model/restore.ts", "eager"]],
    "core/model/restore.ts": [["node_modules/zod/index.js", "eager"]],
  };
  expect(faultsOf(imports)).toEqual([
    "plugin/cli.ts loads node_modules/zod/index.js eagerly, through core/model/restore.ts",
  ]);
});

test("so is a module of Node's that costs milliseconds", () => {
  expect(faultsOf({ "plugin/cli.ts": [["node:crypto", "eager"]] })).toEqual([
    "plugin/cli.ts loads node:crypto eagerly, through plugin/cli.ts",
  ]);
});

test("many small ones are too much together", () => {
  const many = Array.from({ length: 200 }, (_, index) => `plugin/small-${index}.ts`);
  const imports: Imports = {
    "plugin/cli.ts": many.map((path) => [path, "eager"] as const),
    ...Object.fromEntries(many.map((path) => [path, []])),
  };
  expect(faultsOf(imports).join()).toMatch(/plugin\/cli.ts loads 201000 bytes eagerly/);
});

test("a budget of a module that was renamed holds nothing, and says so", () => {
  expect(faultsOf({ "plugin/other.ts": [] })).toEqual([
    "plugin/cli.ts has a budget, but is no part of the bundle",
  ]);
});
