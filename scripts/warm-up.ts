import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { WITH_OWN_CODE } from "./release/own-code.ts";
import { type SampleSite, withSampleSite } from "./sample-site.ts";

const run = promisify(execFile);

/**
 * Loaded into the runs of the warm-up: each leaves the code that it and those before it needed beside its source, under
 * the name that plugin/compiled-modules.ts reads it by.
 */
const KEEPER = `const vm = require("node:vm");
const { existsSync, readFileSync, writeFileSync } = require("node:fs");
const [, , command] = process.argv;
const own = ${JSON.stringify(WITH_OWN_CODE)}.includes(command) ? "." + command : "";
vm.Script = class extends vm.Script {
  constructor(source, options) {
    const { filename } = options;
    const kept = filename + (filename.endsWith("program.cjs") ? own : "") + ".cache";
    super(source, { filename, cachedData: existsSync(kept) ? readFileSync(kept) : undefined });
    process.on("exit", () => writeFileSync(kept, this.createCachedData()));
  }
};
`;

/** Runs the built program as its users will, one command after the other, so that plugin/start.ts finds its code compiled. */
export async function warmUp(program: string): Promise<void> {
  await withSampleSite(async (site) => {
    const keeper = await site.write("keeper.cjs", KEEPER);
    const env = { ...site.env, NODE_OPTIONS: `--require "${keeper}"` };
    for (const args of commandLines(site)) await run(program, args, { env, timeout: 60_000 });
  });
}

function commandLines({ folder, s3Url: s3 }: SampleSite): readonly (readonly string[])[] {
  const directory = `file://${join(folder, "backups")}`;
  return [
    ["--help"],
    ["version", "--client"],
    ["create", "warm", "--location", directory],
    ["get", "--location", directory],
    // Once more: what the first has read is remembered.
    ["get", "--location", directory],
    ["__complete", "describe", "--location", directory, ""],
    ["__complete", "create", "-n", ""],
    ["describe", "warm", "--location", directory],
    [
      ...["restore", "warm", "--location", directory, "--include-namespaces", "shop"],
      ...["--namespace-mapping", "shop:other", "--wait=false", "--yes"],
    ],
    ["create", "warm", "--location", s3],
    ["get", "--location", s3],
  ];
}
