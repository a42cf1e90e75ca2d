import { gunzipSync, gzipSync } from "node:zlib";
import * as z from "zod";
import { Failure } from "#core/model/errors.ts";
import { type JournalEntry, journalEntry } from "#core/model/restore-journal.ts";
import { RESTORE_RECORD_SCHEMA, type RestoreRecord, restoreRecord } from "#core/model/restore-record.ts";

/** Written first: the restore's identity and request. */
export const RECORD_FILE = "kubectl-backup-request.json";
/** Written last: it closes the restore. */
export const REPORT_FILE = "kubectl-backup-report.json";

const PART_PREFIX = "kubectl-backup-journal-";
const PART_FILE = new RegExp(`^${PART_PREFIX}([0-9]{6,9})-([a-z0-9]+)\\.jsonl\\.gz$`);

export const MAX_RECORD_BYTES = 1024 * 1024;
export const MAX_REPORT_BYTES = 64 * 1024 * 1024;
export const MAX_PART_BYTES = 64 * 1024 * 1024;
/** Lines shrink about tenfold. */
const MAX_PART_TEXT_BYTES = 512 * 1024 * 1024;

/** Six digits keep the parts in the order of keys. The run's id keeps two runs from one key. */
export function partFile(number: number, runId: string): string {
  return `${PART_PREFIX}${String(number).padStart(6, "0")}-${runId}.jsonl.gz`;
}

export function partNumber(file: string): number | undefined {
  const digits = PART_FILE.exec(file)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export function encodeRecord(record: RestoreRecord): Uint8Array {
  return Buffer.from(`${JSON.stringify(record, null, 2)}\n`);
}

export function decodeRecord(bytes: Uint8Array): RestoreRecord {
  const record = parsed(restoreRecord, bytes, "the request of a restore");
  const [major] = record.schemaVersion.split(".");
  if (major === RESTORE_RECORD_SCHEMA.split(".")[0]) return record;
  throw new Failure("backup-unsupported", `restore "${record.name}" was made by a newer version`);
}

const reportHead = z.looseObject({
  backup: z.string(),
  startedAt: z.string(),
  finishedAt: z.string(),
  complete: z.boolean(),
  counts: z.record(z.string(), z.number()),
});
/** What a listing shows of a restore's report; the rest is there too. */
export type ReportHead = z.infer<typeof reportHead>;

export function decodeReport(bytes: Uint8Array): ReportHead {
  return parsed(reportHead, bytes, "the report of a restore");
}

export function encodePart(lines: string): Uint8Array {
  return gzipSync(lines);
}

/** Whole or Failure backup-damaged: gzip's checksum tells a part that was cut, and every line must be an entry. */
export function decodePart(bytes: Uint8Array): readonly JournalEntry[] {
  try {
    const text = gunzipSync(bytes, { maxOutputLength: MAX_PART_TEXT_BYTES }).toString("utf8");
    const lines = text.split("\n").filter((line) => line !== "");
    return lines.map((line) => journalEntry.parse(JSON.parse(line)));
  } catch (error) {
    throw new Failure("backup-damaged", "its bytes are not those that were stored", { cause: error });
  }
}

/** Velero's own file of a restore's errors and warnings: whether it names any error. */
export function veleroErrors(bytes: Uint8Array): boolean {
  const results = z.looseObject({ errors: z.record(z.string(), z.unknown()).nullish() });
  const plain = gunzipSync(bytes, { maxOutputLength: MAX_REPORT_BYTES });
  return Object.keys(results.parse(JSON.parse(plain.toString("utf8"))).errors ?? {}).length > 0;
}

function parsed<T>(schema: z.ZodType<T>, bytes: Uint8Array, what: string): T {
  try {
    return schema.parse(JSON.parse(Buffer.from(bytes).toString("utf8")));
  } catch (error) {
    throw new Failure("backup-damaged", `${what} cannot be read`, { cause: error });
  }
}
