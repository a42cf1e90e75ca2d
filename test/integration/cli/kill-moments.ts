import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The steps of a backup, in the order of its writes. */
export const STEPS = ["claim", "archive", "side files", "index", "manifest", "commit"] as const;
export type Step = (typeof STEPS)[number];

export type KillMoment = {
  readonly store: "directory" | "s3";
  readonly series: "drawn" | "placed" | "multipart";
  /** Where it was aimed at: a step, or milliseconds after the start. */
  readonly aim: string;
  readonly signal: "SIGKILL" | "SIGINT" | "SIGTERM";
  /** The exit code, or the signal that ended the process. */
  readonly end: string;
  /** What the process left in the location. */
  readonly left: readonly string[];
  readonly outcome: "nothing lists" | "whole backup";
};

/** Files of a backup's folder by step, `NAME` standing for the backup's name. */
export function fileOfStep(step: Step, name: string): RegExp {
  const patterns: Record<Step, string> = {
    claim: "kubectl-backup-claim-[0-9a-f]+-1\\.json",
    archive: `${name}\\.tar\\.gz`,
    "side files": `${name}-(logs|results|volumeinfo\\.json|resource-list\\.json)\\.gz`,
    index: "kubectl-backup-index\\.gz",
    manifest: "kubectl-backup\\.json",
    commit: "velero-backup\\.json",
  };
  return new RegExp(`/${patterns[step]}$`);
}

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Prints the table and keeps every moment in build/kill-moments.json. */
export async function reportKillMoments(seed: number, moments: readonly KillMoment[]): Promise<void> {
  const folder = join(import.meta.dirname, "../../../build");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "kill-moments.json"), `${JSON.stringify({ seed, moments }, null, 2)}\n`);
  process.stdout.write(`\nkill moments (seed ${seed}):\n${tableOf(moments)}\n`);
}

function tableOf(moments: readonly KillMoment[]): string {
  const rows = Map.groupBy(moments, ({ store, series, aim }) =>
    [store.padEnd(9), series.padEnd(9), (series === "drawn" ? "any" : aim).padEnd(12)].join("  "),
  );
  const count = (all: readonly KillMoment[], is: (one: KillMoment) => boolean) =>
    String(all.filter(is).length).padStart(7);
  const header =
    "store      series     step          SIGKILL   SIGINT  SIGTERM  nothing lists  whole backup  again";
  const lines = [...rows].map(([row, all]) =>
    [
      row,
      ...(["SIGKILL", "SIGINT", "SIGTERM"] as const).map((signal) =>
        count(all, (one) => one.signal === signal),
      ),
      count(all, ({ outcome }) => outcome === "nothing lists").padStart(13),
      count(all, ({ outcome }) => outcome === "whole backup").padStart(12),
      "ok",
    ].join("  "),
  );
  return [header, ...lines].join("\n");
}
