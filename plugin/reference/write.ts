import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commands } from "#plugin/commands.ts";
import { REFERENCE_FOLDERS, referenceFiles } from "./reference-files.ts";

// `make docs` runs this.
const root = join(import.meta.dirname, "../..");
for (const folder of REFERENCE_FOLDERS) {
  rmSync(join(root, folder), { recursive: true, force: true });
  mkdirSync(join(root, folder), { recursive: true });
}
for (const [path, text] of referenceFiles(commands)) writeFileSync(join(root, path), text);
