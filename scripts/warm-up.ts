import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startSampleServers } from "./sample-servers.ts";

const run = promisify(execFile);

/** Loaded into the runs of the warm-up: each leaves the code that it and those before it needed beside its source. */
const KEEPER = `const vm = require("node:vm");
const { writeFileSync } = require("node:fs");
vm.Script = class extends vm.Script {
  constructor(source, options) {
    super(source, options);
    process.on("exit", () => writeFileSync(options.filename + ".cache", this.createCachedData()));
  }
};
`;

/** Runs the built program as its users will, one command after the other, so that plugin/start.ts finds its code compiled. */
export async function warmUp(program: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "kubectl-backup-warm-up-"));
  const servers = await startSampleServers();
  try {
    const keeper = join(folder, "keeper.cjs");
    const kubeconfig = join(folder, "kubeconfig");
    await Promise.all([writeFile(keeper, KEEPER), writeFile(kubeconfig, servers.kubeconfig)]);
    const env = {
      PATH: process.env["PATH"] ?? "",
      HOME: folder,
      KUBECONFIG: kubeconfig,
      NODE_OPTIONS: `--require "${keeper}"`,
      AWS_ACCESS_KEY_ID: "sample",
      AWS_SECRET_ACCESS_KEY: "sample",
      AWS_EC2_METADATA_DISABLED: "true",
    };
    for (const args of commandLines(`file://${folder}/backups`, servers.s3Url)) {
      await run(program, args, { env, timeout: 60_000 });
    }
  } finally {
    servers.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function commandLines(directory: string, s3: string): readonly (readonly string[])[] {
  return [
    ["--help"],
    ["version", "--client"],
    ["create", "warm", "--location", directory],
    ["get", "--location", directory],
    ["describe", "warm", "--location", directory],
    [
      ...["restore", "warm", "--location", directory, "--include-namespaces", "shop"],
      ...["--namespace-mapping", "shop:other", "--wait=false", "--yes"],
    ],
    ["create", "warm", "--location", s3],
    ["get", "--location", s3],
  ];
}
