import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { machinePath } from "./machine-path.ts";
import type { Target } from "./targets.ts";

const ROOT = join(import.meta.dirname, "../..");
const CACHE = join(ROOT, ".cache/node");

interface Locked {
  readonly version: string;
  readonly integrity: string;
}

/**
 * The folder of the pinned Node for a target. npm installs only the current platform's; the others are packed by npm once,
 * held against the lock file's digest and kept.
 */
function nodeRuntime({ nodePackage }: Target): string {
  const installed = join(ROOT, "node_modules", nodePackage);
  if (existsSync(installed)) return installed;
  const { version, integrity } = locked(nodePackage);
  const kept = join(CACHE, `${nodePackage}-${version}`);
  if (!existsSync(kept)) fetchRuntime(kept, `${nodePackage}@${version}`, integrity);
  return kept;
}

export function nodeBinary(target: Target): string {
  return join(nodeRuntime(target), "bin", target.os === "windows" ? "node.exe" : "node");
}

function locked(nodePackage: string): Locked {
  const { packages } = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8"));
  return packages[`node_modules/${nodePackage}`];
}

function fetchRuntime(kept: string, wanted: string, integrity: string): void {
  const unfinished = `${kept}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  const options = ["--json", "--ignore-scripts", "--pack-destination", unfinished];
  const env = { ...process.env, PATH: machinePath(process.env["PATH"] ?? "") };
  const [{ filename }] = JSON.parse(
    execFileSync("npm", ["pack", wanted, ...options], { encoding: "utf8", env }),
  );
  const archive = join(unfinished, filename);
  const digest = `sha512-${createHash("sha512").update(readFileSync(archive)).digest("base64")}`;
  if (digest !== integrity) throw new Error(`${wanted} is not what package-lock.json names: ${digest}`);
  execFileSync("tar", ["-xzf", archive, "-C", unfinished, "--strip-components=1"]);
  rmSync(archive);
  renameSync(unfinished, kept);
}
