import { execFile } from "node:child_process";
import { hash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { NODE_FLAGS } from "./release/node-flags.ts";
import { type OwnCommand, WITH_OWN_CODE } from "./release/own-code.ts";
import { type SampleSite, withSampleSite } from "./sample-site.ts";

const run = promisify(execFile);

/** Stands for the sample's authority, whose certificate is as long as chance makes it. */
const AUTHORITY = Buffer.alloc(500, "authority");
const KUBECONFIG = `apiVersion: v1
kind: Config
current-context: sample
clusters:
- name: sample
  cluster:
    server: https://sample.example.com:6443
    certificate-authority-data: ${Buffer.from(
      `-----BEGIN CERTIFICATE-----\n${AUTHORITY.toString("base64")}\n-----END CERTIFICATE-----\n`,
    ).toString("base64")}
contexts:
- name: sample
  context: {cluster: sample, user: sample}
users:
- name: sample
  user: {token: sample}
`;

const TIME = "2026-01-01T00:00:00Z";
const LATER = "2026-01-02T03:00:00Z";

/**
 * Loads the named modules as plugin/compiled-modules.ts does, lets the program run a command, and leaves the code that V8
 * made of those that are to be kept.
 */
const KEEPER = `const { Script } = require("node:vm");
const { readFileSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { setFlagsFromString } = require("node:v8");
// Compilers that work beside the program leave traces of how far they have come, which is another each time.
const COMPILERS = ["sparkplug", "maglev", "turbofan"];
for (const one of COMPILERS) setFlagsFromString("--no-" + one);
// V8 notes in the code what kinds of numbers it has met: the sample is to be the same, and as old, in every build.
Date = class extends Date {
  constructor(...given) {
    super(...(given.length === 0 ? ["${LATER}"] : given));
  }
};
const [task, ...argv] = process.argv.splice(2);
const { library, output, modules, keep } = JSON.parse(task);
process.argv.push(...argv);
const loaded = new Map();
function load(id) {
  if (!id.startsWith("./")) return process.getBuiltinModule(id);
  const known = loaded.get(id);
  if (known !== undefined) return known.exports;
  const module = { exports: {} };
  loaded.set(id, module);
  const name = id.slice(2);
  const script = new Script(readFileSync(join(library, name), "latin1"), { filename: name });
  script.runInThisContext()(module.exports, load, module, process.execPath, "");
  if (name in keep) process.on("exit", () => {
    // V8 refuses code that was kept under other flags.
    for (const one of COMPILERS) setFlagsFromString("--" + one);
    writeFileSync(join(output, keep[name]), script.createCachedData());
  });
  return module.exports;
}
for (const name of modules) load("./" + name);
`;

/** A fixed seed makes the same code of the same source; V8 does not count it among the flags. */
const SEED = "--random-seed=1";

interface Task {
  readonly library: string;
  readonly output: string;
  /** Loaded one after the other; main.cjs runs the command. */
  readonly modules: readonly string[];
  /** The file of each module's code. */
  readonly keep: Readonly<Record<string, string>>;
}

const OWN_RUNS: Readonly<Record<OwnCommand, (location: string) => readonly string[]>> = {
  get: (location) => ["get", "--location", location],
  __complete: (location) => ["__complete", "describe", "--location", location, ""],
};

/**
 * Writes the compiled code of all modules, main.cjs last, into the folder: what they need to list an empty folder, and for
 * commands with code of their own what these need to list one backup. Returns the names of the files.
 */
export async function makeCodeCache(
  library: string,
  modules: readonly string[],
  output: string,
): Promise<readonly string[]> {
  const all: Task = {
    ...{ library, output, modules },
    keep: Object.fromEntries(modules.map((name) => [name, `${name}.cache`])),
  };
  const own = WITH_OWN_CODE.map((command) => {
    const keep = { "program.cjs": `program.cjs.${command}.cache` };
    return [command, { library, output, modules: ["main.cjs"], keep } satisfies Task] as const;
  });
  await withSampleSite(async (site) => {
    const keeper = await site.write("keeper.cjs", KEEPER);
    const keepCode = async (task: Task, command: readonly string[]) => {
      const args = [SEED, ...NODE_FLAGS, keeper, JSON.stringify(task), ...command];
      await run(process.execPath, args, { env: site.env });
    };
    await keepCode(all, ["get", "--location", `file://${site.folder}/none`]);
    const location = await sampleLocation(join(library, "../kubectl-backup"), site);
    await site.write("kubeconfig", KUBECONFIG);
    for (const [command, task] of own) await keepCode(task, OWN_RUNS[command](location));
  });
  return [all, ...own.map(([, task]) => task)].flatMap(({ keep }) => Object.values(keep));
}

/**
 * With one backup, which has been listed once: what its commit object says is remembered. Nothing in it is left to chance
 * or time.
 */
async function sampleLocation(program: string, { folder, env }: SampleSite): Promise<string> {
  const location = `file://${join(folder, "location")}`;
  await run(program, ["create", "sample", "--location", location], { env });
  const commit = join(folder, "location/backups/sample/velero-backup.json");
  const written = await readFile(commit, "utf8");
  const fixed = written
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, TIME)
    .replace(/("[^"]*cluster-ca-sha256": *)"[0-9a-f]{64}"/, `$1"${hash("sha256", AUTHORITY)}"`);
  await writeFile(commit, fixed);
  await run(program, ["get", "--location", location], { env });
  return location;
}
