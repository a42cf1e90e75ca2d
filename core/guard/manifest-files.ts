import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "../../manifests");

/** The files of manifests/ by their path. The build puts their texts here, so that a built plugin needs no folder. */
export async function manifestFiles(): Promise<Readonly<Record<string, string>>> {
  const names = (await readdir(FOLDER, { recursive: true })).filter((name) => name.endsWith(".yaml"));
  const files = names.map(async (name) => [name, await readFile(join(FOLDER, name), "utf8")] as const);
  return Object.fromEntries(await Promise.all(files));
}
