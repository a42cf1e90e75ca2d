import { createReadStream } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createGunzip, gunzipSync } from "node:zlib";
import { extract } from "tar-stream";
import { type RatioResult, summarise } from "./backup-ratio.ts";
import { type BenchSite, runOurs, runRaw } from "./bench-site.ts";
import { type Measured, median } from "./measure.ts";

// Our restore of four namespaces under other names, all its requests counted, against a raw client that only creates
// the same objects in the order of the archive.
type CreatedItem = {
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
};
type Stored = { readonly group: string; readonly resource: string; readonly object: StoredObject };
type StoredObject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: unknown;
    readonly annotations?: unknown;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
};

const PAIRS = 5;
const CONCURRENCIES = [8, 16, 32, 64, 128];
const NAMESPACES = ["bench-00", "bench-01", "bench-02", "bench-03"];

export async function restoreRatio(site: BenchSite): Promise<RatioResult> {
  const location = `file://${join(site.directory, "restores")}`;
  await runOurs(site, ["create", "source", "--location", location]);
  await restoreOurs(site, location, "warm");
  const created = await createdBy(site, "warm");
  const stored = await readArchive(join(site.directory, "restores/backups/source/source.tar.gz"));
  const wanted = stored.filter((item) => created.has(keyOf(item)));
  const best = await bestConcurrency(site, wanted);
  const pairs: { ours: Measured; raw: Measured }[] = [];
  for (let pair = 0; pair < PAIRS; pair += 1) {
    const ours = await restoreOurs(site, location, `ours-${pair}`);
    const raw = await createRaw(site, wanted, { suffix: `raw-${pair}`, concurrency: best });
    pairs.push({ ours, raw });
  }
  return summarise(pairs, `${wanted.length} objects, ${best} in flight`);
}

function restoreOurs(site: BenchSite, location: string, suffix: string): Promise<Measured> {
  const mapping = NAMESPACES.map((name) => `${name}:${name}-${suffix}`).join(",");
  return runOurs(
    site,
    [
      ...[
        "restore",
        "source",
        "--location",
        location,
        "--name",
        `restore-${suffix}`,
        "--wait=false",
        "--yes",
      ],
      ...["--include-namespaces", NAMESPACES.join(","), "--namespace-mapping", mapping, "-o", "json"],
    ],
    [0],
  );
}

/** What the restore says it created, under the names of the backup. */
async function createdBy(site: BenchSite, suffix: string): Promise<ReadonlySet<string>> {
  const file = join(site.directory, `restores/restores/restore-${suffix}/kubectl-backup-items.jsonl.gz`);
  const lines = gunzipSync(await readFile(file))
    .toString()
    .trimEnd()
    .split("\n");
  const items = lines.map((line): CreatedItem & { outcome: { result: string } } => JSON.parse(line));
  const original = (text: string) => text.replace(new RegExp(`-${suffix}$`), "");
  const keys = items
    .filter((item) => item.outcome.result === "created")
    .map((item) =>
      item.resource === "namespaces"
        ? `/namespaces//${original(item.name)}`
        : `${item.group}/${item.resource}/${original(item.namespace)}/${item.name}`,
    );
  return new Set(keys);
}

function keyOf({ group, resource, object }: Stored): string {
  return `${group}/${resource}/${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}

async function readArchive(path: string): Promise<readonly Stored[]> {
  const stored: Stored[] = [];
  const entries = createReadStream(path).pipe(createGunzip()).pipe(extract());
  for await (const entry of entries) {
    const chunks: Buffer[] = [];
    // tar-stream's chunks are buffers.
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    const [, folder] = /^resources\/([^/]+)\//.exec(entry.header.name) ?? [];
    if (folder === undefined) continue;
    const [resource = "", ...group] = folder.split(".");
    stored.push({ resource, group: group.join("."), object: JSON.parse(Buffer.concat(chunks).toString()) });
  }
  return stored;
}

async function bestConcurrency(site: BenchSite, wanted: readonly Stored[]): Promise<number> {
  const timed: { concurrency: number; ms: number }[] = [];
  for (const concurrency of CONCURRENCIES) {
    const runs = [
      await createRaw(site, wanted, { suffix: `try-${concurrency}-a`, concurrency }),
      await createRaw(site, wanted, { suffix: `try-${concurrency}-b`, concurrency }),
    ];
    timed.push({ concurrency, ms: median(runs.map((run) => run.wallMs)) });
  }
  return timed.toSorted((a, b) => a.ms - b.ms)[0]?.concurrency ?? 32;
}

/** Namespaces first, awaited, since nothing can be created without them; the rest as it lies in the archive. */
async function createRaw(
  site: BenchSite,
  wanted: readonly Stored[],
  { suffix, concurrency }: { readonly suffix: string; readonly concurrency: number },
): Promise<Measured> {
  const namespaces = wanted.filter((item) => item.resource === "namespaces");
  const rest = wanted.filter((item) => item.resource !== "namespaces");
  const lines = [...namespaces, ...rest].map((item) => `${pathOf(item, suffix)}\t${bodyOf(item, suffix)}`);
  const requestsFile = join(site.directory, "requests");
  await writeFile(requestsFile, `${lines.join("\n")}\n`);
  const run = await runRaw(site, { mode: "create", requestsFile, firstWave: namespaces.length, concurrency });
  const statuses = JSON.parse(run.stdout) as Record<string, number>;
  if (statuses["201"] !== lines.length) throw new Error(`the raw client did not create all: ${run.stdout}`);
  return run;
}

function pathOf({ resource, object }: Stored, suffix: string): string {
  const base = object.apiVersion.includes("/") ? `/apis/${object.apiVersion}` : `/api/${object.apiVersion}`;
  const { namespace } = object.metadata;
  return namespace === undefined
    ? `${base}/${resource}`
    : `${base}/namespaces/${namespace}-${suffix}/${resource}`;
}

function bodyOf({ object }: Stored, suffix: string): string {
  const { name, namespace, labels, annotations } = object.metadata;
  const metadata =
    namespace === undefined
      ? { name: `${name}-${suffix}`, annotations }
      : { name, namespace: `${namespace}-${suffix}`, labels, annotations };
  const { metadata: _, status: __, ...rest } = object as StoredObject & { status?: unknown };
  if (object.kind !== "Service") return JSON.stringify({ ...rest, metadata });
  const { clusterIP: ___, clusterIPs: ____, ...spec } = object.spec ?? {};
  return JSON.stringify({ ...rest, metadata, spec });
}
