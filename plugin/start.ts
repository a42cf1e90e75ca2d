import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compiledModules } from "./compiled-modules.ts";

/** What the launcher runs: the built main.cjs beside it, from compiled code. */
const folder = import.meta.dirname;

function read(name: string): Buffer | undefined {
  try {
    return readFileSync(join(folder, name));
  } catch {
    return undefined;
  }
}

compiledModules({ read, path: (name) => join(folder, name), folder }, process.argv[2])("./main.cjs");
