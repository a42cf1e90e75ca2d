import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** What a run of a restore said that broke off; its file bears the run's id. */
export async function readBrokenReport(location: string, restore: string) {
  const folder = join(location, "restores", restore);
  const file = (await readdir(folder)).find((name) => /broke-off-.*-report\.json$/.test(name));
  return JSON.parse(await readFile(join(folder, file ?? "no report"), "utf8"));
}
