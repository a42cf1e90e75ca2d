// The real servers, built from the Go modules in test/tools/<module>/go.mod, which hold nothing but pins. What was built
// lies in .cache/tools/<module>-<hash of go.mod and go.sum>/bin and is never built twice.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { requireCommand } from "./prerequisites.ts";
import { isAlive } from "./processes.ts";

type Module = {
  /** Binary name → package. */
  readonly packages: Readonly<Record<string, string>>;
  /** The module whose pinned version the stamps carry. */
  readonly pin: string;
  /** Linker variables: without them the servers would call themselves v0.0.0. */
  readonly stamps: (version: string) => readonly string[];
};

const MODULES = {
  etcd: {
    packages: { etcd: "go.etcd.io/etcd/server/v3" },
    pin: "go.etcd.io/etcd/server/v3",
    stamps: () => [],
  },
  kubernetes: {
    packages: {
      "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
      "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
      kubectl: "k8s.io/kubernetes/cmd/kubectl",
    },
    pin: "k8s.io/kubernetes",
    stamps: kubernetesStamps,
  },
  versitygw: {
    packages: { versitygw: "github.com/versity/versitygw/cmd/versitygw" },
    pin: "github.com/versity/versitygw",
    stamps: (version) => [`main.Version=${version}`],
  },
  velero: {
    packages: { velero: "github.com/vmware-tanzu/velero/cmd/velero" },
    pin: "github.com/vmware-tanzu/velero",
    stamps: (version) => [`github.com/vmware-tanzu/velero/pkg/buildinfo.Version=${version}`],
  },
  "velero-plugin-aws": {
    packages: {
      "velero-plugin-for-aws": "github.com/vmware-tanzu/velero-plugin-for-aws/velero-plugin-for-aws",
    },
    pin: "github.com/vmware-tanzu/velero-plugin-for-aws",
    stamps: () => [],
  },
  // What only a cluster with a node needs; a module of its own, so that the control plane keeps its cached build.
  "kubernetes-node": {
    packages: {
      "kube-proxy": "k8s.io/kubernetes/cmd/kube-proxy",
      "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
      kubelet: "k8s.io/kubernetes/cmd/kubelet",
    },
    pin: "k8s.io/kubernetes",
    stamps: kubernetesStamps,
  },
  krew: {
    packages: {
      krew: "sigs.k8s.io/krew/cmd/krew",
      "validate-krew-manifest": "sigs.k8s.io/krew/cmd/validate-krew-manifest",
    },
    pin: "sigs.k8s.io/krew",
    stamps: () => [],
  },
} as const satisfies Readonly<Record<string, Module>>;

export type ToolModule = keyof typeof MODULES;

/** All modules, in the order in which a cold machine should build them. */
export const TOOL_MODULES = Object.keys(MODULES) as readonly ToolModule[]; // keys of a const object are its type's keys

const REPOSITORY = join(import.meta.dirname, "../..");
const CACHE = join(REPOSITORY, ".cache/tools");

/**
 * The folder with the module's binaries, built first if need be (etcd 1 min, kubernetes 6 min, velero 4 min on two cold
 * cores). Safe to call from several processes at once: one builds, the others wait.
 */
export async function toolDirectory(module: ToolModule): Promise<string> {
  const home = join(CACHE, `${module}-${await fingerprint(module)}`);
  const bin = join(home, "bin");
  if (existsSync(bin)) return bin;
  requireCommand("go");
  await mkdir(CACHE, { recursive: true });
  const unlock = await lock(join(CACHE, `${module}.lock`));
  try {
    if (!existsSync(bin)) await build(module, home);
  } finally {
    await unlock();
  }
  return bin;
}

/** The path of one binary, e.g. tool("kubernetes", "kubectl"). */
export async function tool(module: ToolModule, binary: string): Promise<string> {
  return join(await toolDirectory(module), binary);
}

function kubernetesStamps(version: string): readonly string[] {
  const [major = "", minor = ""] = version.replace("v", "").split(".");
  const variables = { gitVersion: version, gitMajor: major, gitMinor: minor };
  return Object.entries(variables).map(([name, value]) => `k8s.io/component-base/version.${name}=${value}`);
}

async function fingerprint(module: ToolModule): Promise<string> {
  const hash = createHash("sha256");
  for (const file of ["go.mod", "go.sum"]) hash.update(await readFile(join(source(module), file)));
  return hash.digest("hex").slice(0, 12);
}

async function build(module: ToolModule, home: string): Promise<void> {
  const unfinished = `${home}.building`;
  await rm(unfinished, { recursive: true, force: true });
  const { packages, pin, stamps }: Module = MODULES[module];
  const variables = stamps(await pinnedVersion(module, pin)).map((stamp) => `-X ${stamp}`);
  const flags = ["-trimpath", "-ldflags", ["-s -w", ...variables].join(" ")];
  for (const [binary, path] of Object.entries(packages)) {
    await go(source(module), ["build", ...flags, "-o", join(unfinished, "bin", binary), path]);
  }
  await rename(unfinished, home);
}

async function pinnedVersion(module: ToolModule, pin: string): Promise<string> {
  const lines = (await readFile(join(source(module), "go.mod"), "utf8")).split("\n");
  const version = lines.map((line) => line.trim().split(" ")).find(([path]) => path === pin)?.[1];
  if (version === undefined) throw new Error(`test/tools/${module}/go.mod does not pin ${pin}`);
  return version;
}

function go(cwd: string, args: readonly string[]): Promise<void> {
  const child = spawn("go", [...args], {
    cwd,
    env: { ...process.env, CGO_ENABLED: "0" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-8_000);
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`go ${args.join(" ")} failed in ${cwd}:\n${errors}`));
    });
  });
}

// Far longer than any build: a lock of this age was left by a process whose id somebody else has by now.
const STALE_LOCK_MS = 30 * 60_000;

/** A lock file that names its owner; one whose owner has died is taken over. */
async function lock(path: string): Promise<() => Promise<void>> {
  for (;;) {
    const file = await open(path, "wx").catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
    if (file !== undefined) {
      await file.writeFile(String(process.pid));
      await file.close();
      return () => rm(path, { force: true });
    }
    if (await isStale(path)) await rm(path, { force: true });
    await sleep(200);
  }
}

async function isStale(path: string): Promise<boolean> {
  const [owner, age] = await Promise.all([
    readFile(path, "utf8").catch(() => ""),
    stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    ),
  ]);
  return age > STALE_LOCK_MS || (Number(owner) > 0 && !isAlive(Number(owner)));
}

function source(module: ToolModule): string {
  return join(REPOSITORY, "test/tools", module);
}
