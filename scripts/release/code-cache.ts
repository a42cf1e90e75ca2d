import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NODE_FLAGS } from "./node-flags.ts";

/**
 * Loads the named modules as plugin/compiled-modules.ts does, lets the program list an empty folder, and leaves the code that
 * V8 made of each. The other modules are only compiled.
 */
const KEEPER = `const { Module } = require("node:module");
const { Script } = require("node:vm");
const { readFileSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const [library, output, list, ...argv] = process.argv.splice(2);
process.argv.push(...argv);
const loaded = new Map();
function load(id) {
  if (!id.startsWith("./")) return process.getBuiltinModule(id);
  const known = loaded.get(id);
  if (known !== undefined) return known.exports;
  const module = { exports: {} };
  loaded.set(id, module);
  const script = new Script(Module.wrap(readFileSync(join(library, id), "latin1")), { filename: id.slice(2) });
  script.runInThisContext()(module.exports, load, module, process.execPath, "");
  process.on("exit", () => writeFileSync(join(output, id + ".cache"), script.createCachedData()));
  return module.exports;
}
for (const name of list.split(",")) load("./" + name);
`;

/** A fixed seed makes the same code of the same source; V8 does not count it among the flags. */
const SEED = "--random-seed=1";

export function makeCodeCache(library: string, modules: readonly string[], output: string): void {
  const folder = mkdtempSync(join(tmpdir(), "kubectl-backup-code-cache-"));
  try {
    const keeper = join(folder, "keeper.cjs");
    writeFileSync(keeper, KEEPER);
    const program = ["get", "--location", `file://${folder}/none`];
    const args = [SEED, ...NODE_FLAGS, keeper, library, output, modules.join(","), ...program];
    execFileSync(process.execPath, args, { env: { HOME: folder }, stdio: "ignore" });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
