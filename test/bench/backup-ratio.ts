import { join } from "node:path";
import { type BenchSite, runOurs, runRaw, s3Url } from "./bench-site.ts";
import { type Measured, median } from "./measure.ts";

// Our backup against the best raw way of reading the same lists.
export type RatioResult = {
  readonly ratio: number;
  readonly ratios: readonly number[];
  readonly oursMs: readonly number[];
  readonly rawMs: readonly number[];
  readonly best: string;
  readonly peakRssMib: number;
};

type ReadWay = { readonly mode: "stream" | "pages"; readonly pageSize: number; readonly concurrency: number };

const PAIRS = 5;
const WAYS: readonly ReadWay[] = [2, 4, 8].flatMap((concurrency) => [
  { mode: "stream" as const, pageSize: 0, concurrency },
  ...[500, 2000, 20_000].map((pageSize) => ({ mode: "pages" as const, pageSize, concurrency })),
]);

/** The paths of every kind that a backup of ours has read, from its record. */
export async function pathsRead(site: BenchSite): Promise<readonly string[]> {
  const location = `file://${join(site.directory, "paths")}`;
  await runOurs(site, ["create", "paths", "--location", location]);
  const described = await runOurs(site, ["describe", "paths", "--location", location, "-o", "json"]);
  const { kinds } = JSON.parse(described.stdout) as {
    kinds: { group: string; version: string; resource: string; method: string }[];
  };
  return kinds
    .filter((kind) => kind.method === "watch-list" || kind.method === "pages")
    .map(
      ({ group, version, resource }) =>
        `${group === "" ? "/api/v1" : `/apis/${group}/${version}`}/${resource}`,
    );
}

export async function bestWay(site: BenchSite, paths: readonly string[]): Promise<ReadWay> {
  const timed: { way: ReadWay; ms: number }[] = [];
  for (const way of WAYS) {
    const first = await readRaw(site, paths, way);
    const second = await readRaw(site, paths, way);
    timed.push({ way, ms: Math.min(first.wallMs, second.wallMs) });
  }
  const [best] = timed.toSorted((a, b) => a.ms - b.ms);
  if (best === undefined) throw new Error("no way of reading was tried");
  return best.way;
}

function readRaw(site: BenchSite, paths: readonly string[], way: ReadWay): Promise<Measured> {
  const { concurrency, mode, pageSize } = way;
  return runRaw(
    site,
    mode === "stream" ? { mode, paths, concurrency } : { mode, paths, concurrency, pageSize },
  );
}

export async function backupRatio(
  site: BenchSite,
  target: { readonly paths: readonly string[]; readonly way: ReadWay; readonly store: "dir" | "s3" },
): Promise<RatioResult> {
  const location =
    target.store === "dir" ? `file://${join(site.directory, "backups")}` : s3Url(site.s3, "bench");
  const pairs: { ours: Measured; raw: Measured }[] = [];
  for (let pair = 0; pair < PAIRS; pair += 1) {
    const ours = await runOurs(site, ["create", `bench-${target.store}-${pair}`, "--location", location]);
    const raw = await readRaw(site, target.paths, target.way);
    pairs.push({ ours, raw });
  }
  return summarise(pairs, `${target.way.mode} ${target.way.pageSize || ""} × ${target.way.concurrency}`);
}

export function summarise(pairs: readonly { ours: Measured; raw: Measured }[], best: string): RatioResult {
  const ratios = pairs.map(({ ours, raw }) => ours.wallMs / raw.wallMs);
  return {
    ratio: median(ratios),
    ratios,
    oursMs: pairs.map(({ ours }) => Math.round(ours.wallMs)),
    rawMs: pairs.map(({ raw }) => Math.round(raw.wallMs)),
    best,
    peakRssMib: Math.max(...pairs.map(({ ours }) => ours.peakRssMib)),
  };
}
