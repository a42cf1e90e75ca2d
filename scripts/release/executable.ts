import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { signAdHoc } from "./ad-hoc-signature.ts";
import { NODE_FLAGS } from "./node-flags.ts";
import { nodeBinary } from "./node-runtime.ts";
import { executableName, isBuilder, type Target, targetName } from "./targets.ts";

/** The files that go into every executable; compiled code only into those of the builder's own platform. */
export interface Content {
  readonly main: string;
  readonly modules: Readonly<Record<string, string>>;
  readonly codeCache: Readonly<Record<string, string>>;
}

/** One file that holds Node and the program, by Node's own packaging. */
export function buildExecutable(target: Target, content: Content, folder: string): string {
  const home = join(folder, targetName(target));
  mkdirSync(home, { recursive: true });
  const output = join(home, executableName(target));
  const config = join(home, "sea.json");
  writeFileSync(config, JSON.stringify(configuration(target, content, output)));
  // The seed makes two builds alike: with it V8 makes the same code of the same source. Under other flags than the program
  // runs with, V8 would refuse that code, and Node warn of it in every run.
  execFileSync(process.execPath, ["--random-seed=1", ...NODE_FLAGS, "--build-sea", config], {
    // The path of the main file, as it is given, goes into the executable.
    cwd: dirname(content.main),
    stdio: ["ignore", "ignore", "inherit"],
  });
  // The base's signature went with the change, and macOS on arm64 kills what bears none.
  if (target.os === "darwin") writeFileSync(output, signAdHoc(readFileSync(output), "kubectl-backup"));
  chmodSync(output, 0o755);
  return output;
}

function configuration(target: Target, { main, modules, codeCache }: Content, output: string): object {
  // V8 takes compiled code only on the platform where it was made, and Node's packaging would not refuse it here.
  const own = isBuilder(target);
  return {
    main: basename(main),
    output,
    executable: nodeBinary(target),
    disableExperimentalSEAWarning: true,
    useCodeCache: own,
    execArgv: NODE_FLAGS,
    // A tool that holds a cluster's rights is not to be altered by NODE_OPTIONS.
    execArgvExtension: "none",
    assets: own ? { ...modules, ...codeCache } : modules,
  };
}
