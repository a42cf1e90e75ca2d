import { rmSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";

export interface PrivateFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/** Those that exist, for a process that ends without tidying up (a second interrupt). */
const existing = new Set<string>();

function removeAll(): void {
  for (const path of existing) rmSync(path, { recursive: true, force: true });
}

/** A folder of mode 0700 below `parent`, removed at the latest when the process exits. */
export async function createPrivateFolder(parent: string): Promise<PrivateFolder> {
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const path = await mkdtemp(join(parent, "kubectl-backup-"));
  if (existing.size === 0) process.on("exit", removeAll);
  existing.add(path);
  return {
    path,
    async remove() {
      await rm(path, { recursive: true, force: true });
      existing.delete(path);
      if (existing.size === 0) process.off("exit", removeAll);
    },
  };
}
