import { spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { multiplyBackup } from "#test/fixtures/many-backups.ts";
import { runCommand } from "#test/harness/run-command.ts";
import type { BenchSite } from "./bench-site.ts";
import { measure, median, succeeded } from "./measure.ts";

// What a command costs before it does anything, of the released executable, against `kubectl version --client` in turn.
export interface StartupResult {
  /** CPU time (user and system) against kubectl's. */
  readonly cpuRatio: number;
  readonly rssRatio: number;
  readonly cpuMs: number;
  readonly rssMib: number;
  readonly wallMs: number;
}

const ROUNDS = 7;
/** bash tells CPU time in milliseconds: many runs make one reading. */
const RUNS_A_ROUND = 10;
/** Of a process that lives for 50 ms. */
const SAMPLE_MS = 1;

const RELEASE = join(import.meta.dirname, "../../scripts/release.ts");

export async function startupRatios(site: BenchSite): Promise<Readonly<Record<string, StartupResult>>> {
  const program = await releasedProgram(site.directory);
  const env = {
    PATH: "/usr/bin:/bin",
    HOME: join(site.directory, "home"),
    KUBECONFIG: await inYaml(site.cluster.kubeconfigPath, site.directory),
  };
  await mkdir(env.HOME, { recursive: true });
  const few = await locationWith(20, { program, env, site });
  const many = await locationWith(200, { program, env, site });
  const commands = {
    kubectl: [join(site.cluster.binDirectory, "kubectl"), "version", "--client"],
    version: [program, "version", "--client"],
    help: [program, "--help"],
    complete_flags: [program, "__complete", "create", "--"],
    get_20_backups: [program, "get", "--location", few],
    ...completions(program, many),
  };
  const readings = await inTurn(commands, env);
  const kubectl = readings["kubectl"];
  if (kubectl === undefined) throw new Error("kubectl was not measured");
  return Object.fromEntries(
    Object.entries(readings).map(([name, { cpuMs, rssMib, wallMs }]) => {
      const ratios = { cpuRatio: cpuMs / kubectl.cpuMs, rssRatio: rssMib / kubectl.rssMib };
      return [name, { ...ratios, cpuMs, rssMib, wallMs }];
    }),
  );
}

/** One of each sort that somebody must be asked for. */
function completions(program: string, location: string): Readonly<Record<string, readonly string[]>> {
  const words = {
    complete_200_backups: ["describe", "--location", location, ""],
    complete_namespaces: ["create", "--location", location, "--include-namespaces", ""],
    complete_kinds: ["create", "--location", location, "--include-resources", ""],
    complete_contexts: ["create", "--location", location, "--context", ""],
    complete_locations: ["get", "--location", ""],
  };
  return Object.fromEntries(
    Object.entries(words).map(([name, typed]) => [name, [program, "__complete", ...typed]]),
  );
}

/** As users have theirs; the harness writes JSON, which needs no parser to be loaded. */
async function inYaml(kubeconfig: string, directory: string): Promise<string> {
  const path = join(directory, "kubeconfig.yaml");
  await writeFile(path, stringify(JSON.parse(await readFile(kubeconfig, "utf8"))));
  return path;
}

/** As a user has it: out of the archive, not as the packer wrote it (whose pages lie in memory otherwise). */
async function releasedProgram(directory: string): Promise<string> {
  const folder = join(directory, "release");
  await mkdir(folder);
  await runCommand(process.execPath, [RELEASE, folder], { env: { RELEASE_TARGETS: "linux_amd64" } });
  await runCommand("bash", ["-c", 'tar -xzf "$1"/dist/*linux_amd64.tar.gz -C "$1"', "bash", folder]);
  return join(folder, "kubectl-backup");
}

interface Maker {
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
  readonly site: BenchSite;
}

async function locationWith(count: number, { program, env, site }: Maker): Promise<string> {
  const folder = join(site.directory, `backups-${count}`);
  const part = ["-n", "default", "--include-resources", "configmaps"];
  await runCommand(program, ["create", "b000", ...part, "--location", `file://${folder}`], { env });
  await multiplyBackup(folder, "b000", count);
  return `file://${folder}`;
}

type Reading = Pick<StartupResult, "cpuMs" | "rssMib" | "wallMs">;

async function inTurn(
  commands: Readonly<Record<string, readonly string[]>>,
  env: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, Reading>>> {
  const rounds = new Map<string, Reading[]>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, command] of Object.entries(commands)) {
      const cpuMs = (await cpuMsOf(command, env)) / RUNS_A_ROUND;
      const { peakRssMib: rssMib, wallMs } = succeeded(await measure(command, env, SAMPLE_MS));
      rounds.set(name, [...(rounds.get(name) ?? []), { cpuMs, rssMib, wallMs }]);
    }
  }
  const middle = (all: readonly Reading[], field: keyof Reading) => median(all.map((one) => one[field]));
  return Object.fromEntries(
    [...rounds].map(([name, all]) => [
      name,
      { cpuMs: middle(all, "cpuMs"), rssMib: middle(all, "rssMib"), wallMs: middle(all, "wallMs") },
    ]),
  );
}

/** Of a shell's children, by its own account. */
async function cpuMsOf(command: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  const script = `for _ in {1..${RUNS_A_ROUND}}; do "$@" >/dev/null 2>&1; done; times`;
  const child = spawn("bash", ["-c", script, "bash", ...command], {
    env: { ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let told = "";
  for await (const chunk of child.stdout) told += chunk;
  const [, children = ""] = told.trim().split("\n");
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1000,
    0,
  );
}
