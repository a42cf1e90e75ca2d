import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

// The borders between folders are data in biome.json. Here each of them is crossed once, and Biome must say so;
// beside it lies an import the folder is allowed, and Biome must keep quiet, or the list would be closed by accident.
const crossings: Readonly<Record<string, { forbidden: string; allowed: string }>> = {
  "core/a-new-folder": { forbidden: "#core/model/names.ts", allowed: "./neighbour.ts" },
  "core/model": { forbidden: "node:fs", allowed: "zod" },
  "core/selection": { forbidden: "#core/objects/x.ts", allowed: "#core/model/x.ts" },
  "core/objects": { forbidden: "#core/kube/x.ts", allowed: "#core/model/x.ts" },
  "core/retention": { forbidden: "node:fs/promises", allowed: "#core/model/x.ts" },
  "core/flow": { forbidden: "#core/storage/x.ts", allowed: "node:timers/promises" },
  "core/format": { forbidden: "#core/kube/x.ts", allowed: "tar-stream" },
  "core/storage": { forbidden: "@aws-sdk/client-s3", allowed: "./s3/x.ts" },
  "core/storage/s3": { forbidden: "#core/catalog/x.ts", allowed: "@aws-sdk/client-s3" },
  "core/catalog": { forbidden: "#core/kube/x.ts", allowed: "#core/storage/x.ts" },
  "core/kube": { forbidden: "#core/catalog/x.ts", allowed: "@kubernetes/client-node" },
  "core/backup": { forbidden: "#core/storage/x.ts", allowed: "#core/catalog/x.ts" },
  "core/restore": { forbidden: "#core/format/x.ts", allowed: "#core/kube/x.ts" },
  "core/verify": { forbidden: "#core/backup/x.ts", allowed: "#core/catalog/x.ts" },
  "core/diff": { forbidden: "#core/restore/x.ts", allowed: "#core/objects/x.ts" },
  "core/export": { forbidden: "#plugin/x.ts", allowed: "#core/catalog/x.ts" },
  "core/migrate": { forbidden: "#core/storage/x.ts", allowed: "#core/restore/x.ts" },
  "core/drill": { forbidden: "#core/migrate/x.ts", allowed: "#core/backup/x.ts" },
  "core/check": { forbidden: "#core/storage/x.ts", allowed: "#core/backup/x.ts" },
  "core/schedule": { forbidden: "#core/backup/x.ts", allowed: "#core/kube/x.ts" },

  "core/guard": { forbidden: "#core/backup/x.ts", allowed: "#core/protection/x.ts" },
  "core/protection": { forbidden: "node:fs", allowed: "#core/model/x.ts" },
  plugin: { forbidden: "#webhook/x.ts", allowed: "yargs-parser" },
  "plugin/commands": { forbidden: "@kubernetes/client-node", allowed: "#core/backup/x.ts" },
  "plugin/ui": { forbidden: "#core/catalog/x.ts", allowed: "log-update" },
  webhook: { forbidden: "#plugin/x.ts", allowed: "express" },
  "test/unit": { forbidden: "../../core/model/x.ts", allowed: "#core/model/x.ts" },
  "test/harness": { forbidden: "#core/model/x.ts", allowed: "#test/tools/x.ts" },
  scripts: { forbidden: "#core/model/x.ts", allowed: "esbuild" },
};

const root = process.cwd();
const tree = mkdtempSync(join(tmpdir(), "borders-"));
let reported: ReadonlySet<string>;

beforeAll(async () => {
  writeFileSync(join(tree, "biome.json"), configWithoutGit());
  symlinkSync(join(root, "node_modules"), join(tree, "node_modules"));
  await Promise.all(
    Object.entries(crossings).flatMap(([folder, { forbidden, allowed }]) => [
      writeModule(join(tree, folder, "forbidden.ts"), forbidden),
      writeModule(join(tree, folder, "allowed.ts"), allowed),
    ]),
  );
  reported = restrictedImports();
});

afterAll(() => rmSync(tree, { recursive: true, force: true }));

test.for(Object.keys(crossings))("%s may not import what lies beyond its border", (folder) => {
  expect(reported).toContain(`${folder}/forbidden.ts`);
});

test.for(Object.keys(crossings))("%s may import what its allow-list names", (folder) => {
  expect(reported).not.toContain(`${folder}/allowed.ts`);
});

test("every override of biome.json that draws a border is crossed here", () => {
  const overrides = borderOverrides();
  const crossed = Object.keys(crossings).map((folder) => governing(folder, overrides));
  expect(overrides.filter((override) => !crossed.includes(override))).toEqual([]);
});

/** Of two overrides that match a file only the later counts; the longer path is always written later. */
function governing(folder: string, overrides: readonly string[]): string | undefined {
  return overrides.findLast((override) => `${folder}/`.startsWith(override.replace("**", "")));
}

/** The copy is no git repository, so the ignore file is left out; everything else is the tree's own configuration. */
function configWithoutGit(): string {
  const config = JSON.parse(readFileSync(join(root, "biome.json"), "utf8"));
  return JSON.stringify({ ...config, vcs: { enabled: false } });
}

function borderOverrides(): readonly string[] {
  const config = JSON.parse(readFileSync(join(root, "biome.json"), "utf8"));
  return config.overrides.flatMap((override: { includes: readonly string[] }) => override.includes);
}

async function writeModule(path: string, imported: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `import { thing } from "${imported}";\n\nexport const other = thing;\n`);
}

function restrictedImports(): ReadonlySet<string> {
  const biome = spawnSync(
    join(root, "node_modules/.bin/biome"),
    [
      "lint",
      "--only=style/noRestrictedImports",
      "--colors=off",
      "--reporter=json",
      "--max-diagnostics=none",
      ".",
    ],
    { cwd: tree, encoding: "utf8" },
  );
  const report: { diagnostics: { category: string; location: { path: string } }[] } = JSON.parse(
    biome.stdout,
  );
  return new Set(report.diagnostics.map((d) => d.location.path.replace(/^\.\//, "")));
}
