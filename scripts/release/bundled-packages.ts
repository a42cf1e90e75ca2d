import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** An npm package of which something is in the bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** npm's, of the packed package. */
  readonly integrity: string;
  readonly licenseTexts: readonly string[];
}

const ROOT = join(import.meta.dirname, "../..");

/** From esbuild's account of what it took: the innermost package of each input. */
export function bundledPackages(): readonly BundledPackage[] {
  const { inputs } = readJson("build/meta.json");
  const folders = Object.keys(inputs).flatMap((path) => {
    const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0];
    return folder === undefined ? [] : [folder];
  });
  const { packages } = readJson("package-lock.json");
  return [...new Set(folders)].sort().map((folder) => {
    const { name, version, license } = readJson(`${folder}/package.json`);
    return {
      name,
      version,
      license,
      integrity: packages[folder].integrity,
      licenseTexts: licenseTexts(folder),
    };
  });
}

function licenseTexts(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder))
    .filter((name) => /^(licen[cs]e|notice|copying)/i.test(name))
    .sort()
    .map((name) => readFileSync(join(ROOT, folder, name), "utf8").trim());
}

function readJson(path: string) {
  return JSON.parse(readFileSync(join(ROOT, path), "utf8"));
}
