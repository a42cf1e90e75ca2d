import { randomBytes } from "node:crypto";
import { Failure } from "#core/model/errors.ts";
import type { ObjectStore } from "./object-store.ts";

/** One thing that a location must be able to do, and whether it can. */
export interface CheckStep {
  readonly step: string;
  readonly detail: string;
  readonly failure?: Failure | undefined;
}

export interface CheckOptions {
  readonly readOnly: boolean;
  /** As OpenedStore tells it: a check does not make what is not there. */
  readonly whereToMake?: (() => Promise<string>) | undefined;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

/** Below a folder name that Velero knows too, so that its location stays valid while the check runs. */
const PROBE_FOLDER = "metadata/kubectl-backup/";
/** Claims and the guard bear two minutes between clocks. */
const CLOCK_TOLERANCE_MS = 120_000;

/** The steps in order; it stops at the first that fails and removes its probe. */
export async function checkStore(store: ObjectStore, options: CheckOptions): Promise<readonly CheckStep[]> {
  if (options.whereToMake !== undefined) return checkMissing(options.readOnly, options.whereToMake);
  const key = `${PROBE_FOLDER}check-${randomBytes(8).toString("hex")}`;
  const body = randomBytes(1024);
  const { signal } = options;
  const reading = [["list", () => checkList(store, options)]] as const;
  const writing = [
    ["write", async () => `${(await store.put(key, body, signal)).sizeBytes} bytes`],
    ["read back", () => checkReadBack(store, { key, body, signal })],
    ["never overwrite", () => checkNoOverwrite(store, { key, body: randomBytes(1024), signal })],
    ["conditional writes", () => describeConditional(store, signal)],
    ["delete", () => checkDelete(store, key, signal)],
  ] as const;
  const steps: CheckStep[] = [];
  try {
    for (const [step, run] of options.readOnly ? reading : [...reading, ...writing]) {
      const outcome = await attempt(step, run);
      steps.push(outcome);
      if (outcome.failure !== undefined) return steps;
    }
    return options.readOnly
      ? [...steps, { step: "write", detail: "not tried: the location is read-only" }]
      : steps;
  } finally {
    if (!options.readOnly) await store.remove([key], AbortSignal.timeout(10_000)).catch(() => undefined);
  }
}

async function checkMissing(
  readOnly: boolean,
  whereToMake: () => Promise<string>,
): Promise<readonly CheckStep[]> {
  const exists = await attempt("exist", async () => {
    if (!readOnly) return "not yet: the first backup makes it";
    throw new Failure(
      "location-missing",
      "the folder does not exist, and a read-only location is never made",
    );
  });
  if (exists.failure !== undefined) return [exists];
  return [
    exists,
    await attempt("make", async () => `may be made in ${await whereToMake()}; nothing was written`),
  ];
}

async function attempt(step: string, run: () => Promise<string>): Promise<CheckStep> {
  try {
    return { step, detail: await run() };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { step, detail: "", failure: error };
  }
}

async function checkList(store: ObjectStore, { now, signal }: CheckOptions): Promise<string> {
  for await (const page of store.list("backups/", { shallow: true, signal })) {
    const skew = Math.abs(page.serverTime.getTime() - now().getTime());
    if (skew > CLOCK_TOLERANCE_MS) {
      throw new Failure(
        "location-clock-skew",
        `this machine's clock and the store's differ by ${Math.round(skew / 1000)} s`,
      );
    }
    const backups = page.folders.length === 1 ? "1 backup" : `${page.folders.length} backups`;
    return `${backups} on the first page, clocks ${Math.round(skew / 1000)} s apart`;
  }
  return "empty";
}

interface Probe {
  readonly key: string;
  readonly body: Buffer;
  readonly signal: AbortSignal;
}

async function checkReadBack(store: ObjectStore, { key, body, signal }: Probe): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.get(key, { signal })) chunks.push(chunk);
  if (!Buffer.concat(chunks).equals(body))
    throw new Failure("location-error", "the store gave back other bytes than it took");
  return "the same bytes";
}

async function checkNoOverwrite(store: ObjectStore, { key, body, signal }: Probe): Promise<string> {
  try {
    await store.put(key, body, signal);
  } catch (error) {
    if (error instanceof Failure && error.code === "key-exists") return "refused by the store";
    throw error;
  }
  return "not refused by the store: claims on names protect backups here";
}

async function describeConditional(store: ObjectStore, signal: AbortSignal): Promise<string> {
  const { put, upload } = await store.conditionalWrites(signal);
  const word = (honoured: boolean): string => (honoured ? "honoured" : "ignored");
  return `If-None-Match ${word(put)} on puts, ${word(upload)} on multipart uploads`;
}

async function checkDelete(store: ObjectStore, key: string, signal: AbortSignal): Promise<string> {
  await store.remove([key], signal);
  if ((await store.head(key, signal)) !== undefined)
    throw new Failure("location-error", "a deleted object is still there");
  return "gone";
}
