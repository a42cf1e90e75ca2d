import { readdirSync, rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive } from "./processes.ts";

const PREFIX = "kubectl-backup-test-";
let swept = false;

export type Scratch = { readonly path: string; remove(): Promise<void> };

/**
 * A fresh private folder (mode 0700) under the system's temporary folder. Its name carries our process id: what a killed
 * run left behind is swept away by the next one.
 */
export async function scratchDirectory(purpose: string): Promise<Scratch> {
  sweepOnce();
  const path = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-${purpose}-`));
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}

function sweepOnce(): void {
  if (swept) return;
  swept = true;
  for (const name of readdirSync(tmpdir())) {
    const owner = Number(new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]);
    if (owner > 0 && !isAlive(owner)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}
