import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createBenchContent } from "#test/fixtures/bench-content.ts";
import { startControlPlane } from "#test/harness/control-plane.ts";
import { startS3Server } from "#test/harness/s3-server.ts";
import { scratchDirectory } from "#test/harness/scratch.ts";
import { backupRatio, bestWay, pathsRead } from "./backup-ratio.ts";
import type { BenchSite } from "./bench-site.ts";
import { type GuardResult, guardMeasure } from "./guard.ts";
import { backupPeak, fillConfigMaps, fillSecrets, planPeak, slowStorePeak } from "./memory.ts";
import { restoreRatio } from "./restore-ratio.ts";
import { type StartupResult, startupRatios } from "./startup.ts";

// `make bench`: ratios against a raw client doing the same requests in the same run, and memory by workload. Writes
// build/bench.json. `node run.ts startup backup restore memory guard` runs only the named parts.
const NAMESPACES = Array.from({ length: 20 }, (_, index) => `bench-${String(index).padStart(2, "0")}`);
const PARTS = ["startup", "backup", "restore", "memory", "guard"] as const;
const chosen = process.argv.slice(2);
const wants = (part: (typeof PARTS)[number]): boolean => chosen.length === 0 || chosen.includes(part);

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function ratios(site: BenchSite): Promise<Record<string, unknown>> {
  const client = site.cluster.adminClient();
  say("filling 20 namespaces with 500 objects each …");
  await createBenchContent(client, NAMESPACES);
  client.close();
  const results: Record<string, unknown> = {};
  if (wants("backup")) {
    const paths = await pathsRead(site);
    const way = await bestWay(site, paths);
    say(`best raw way: ${JSON.stringify(way)} over ${paths.length} kinds`);
    for (const store of ["dir", "s3"] as const) {
      const result = await backupRatio(site, { paths, way, store });
      say(`backup_${store}_ratio ${result.ratio.toFixed(2)}  ${JSON.stringify(result)}`);
      results[`backup_${store}_ratio`] = result;
    }
  }
  if (wants("restore")) {
    const result = await restoreRatio(site);
    say(`restore_ratio ${result.ratio.toFixed(2)}  ${JSON.stringify(result)}`);
    results["restore_ratio"] = result;
  }
  return results;
}

async function startup(site: BenchSite): Promise<Readonly<Record<string, StartupResult>>> {
  const results = await startupRatios(site);
  for (const [name, { cpuRatio, rssRatio, cpuMs, rssMib, wallMs }] of Object.entries(results)) {
    const figures = `${Math.round(cpuMs)} ms CPU, ${Math.round(rssMib)} MiB, ${Math.round(wallMs)} ms`;
    say(`startup ${name}: cpu ${cpuRatio.toFixed(2)} x kubectl, rss ${rssRatio.toFixed(2)} x (${figures})`);
  }
  return results;
}

async function memory(site: BenchSite): Promise<Record<string, number>> {
  const client = site.cluster.adminClient();
  const peaks: Record<string, number> = {};
  const note = (workload: string, mib: number) => {
    peaks[workload] = Math.round(mib);
    say(`peak_rss_mib ${workload}: ${Math.round(mib)}`);
  };
  for (const thousands of [10, 30, 100]) {
    const namespace = `maps-${thousands}k`;
    await fillConfigMaps(client, namespace, thousands * 1000);
    note(`backup_configmaps_${thousands}k`, await backupPeak(site, namespace));
    note(`plan_configmaps_${thousands}k`, await planPeak(site, namespace));
  }
  note("backup_slow_store", await slowStorePeak(site, "maps-30k"));
  await fillSecrets(client, "secrets-2k", 2000);
  note("backup_secrets_900KiB_2k", await backupPeak(site, "secrets-2k"));
  client.close();
  return peaks;
}

async function guard(site: BenchSite): Promise<GuardResult> {
  return guardMeasure(site, say);
}

async function withSite<T>(work: (site: BenchSite) => Promise<T>): Promise<T> {
  const scratch = await scratchDirectory("bench");
  const cluster = await startControlPlane();
  const s3 = await startS3Server({ keepAlive: true });
  try {
    return await work({ cluster, s3, directory: scratch.path });
  } finally {
    await cluster.stop();
    await s3.stop();
    await scratch.remove();
  }
}

const report = {
  ...(wants("startup") ? { startup: await withSite(startup) } : {}),
  ...(wants("backup") || wants("restore") ? await withSite(ratios) : {}),
  ...(wants("memory") ? { peak_rss_mib: await withSite(memory) } : {}),
  ...(wants("guard") ? { guard: await withSite(guard) } : {}),
};
const output = join(import.meta.dirname, "../../build");
await mkdir(output, { recursive: true });
await writeFile(join(output, "bench.json"), `${JSON.stringify(report, null, 2)}\n`);
say("written to build/bench.json");
