import * as z from "zod";
import { Failure } from "#core/model/errors.ts";

/**
 * Objects as they were before a restore changed them: parts of a restore's folder, each an archive and its index as a
 * backup has them, and a manifest that is written last, holds both digests, and without which the part does not count.
 */
const PREFIX = "kubectl-backup-before-";
const MANIFEST = new RegExp(`^${PREFIX}([a-z0-9]+-[0-9]{6,9})\\.json$`);

export interface BeforeFiles {
  readonly archive: string;
  readonly index: string;
  readonly manifest: string;
}

/** Numbered on over all runs of a restore; a run's id keeps its parts apart from those of one that it took over. */
export function beforePart(runId: string, number: number): string {
  return `${runId}-${String(number).padStart(6, "0")}`;
}

export function beforeFiles(part: string): BeforeFiles {
  const stem = PREFIX + part;
  return { archive: `${stem}.tar.gz`, index: `${stem}-index.gz`, manifest: `${stem}.json` };
}

/** The part whose manifest a file is, if it is one. */
export function beforePartOf(file: string): string | undefined {
  return MANIFEST.exec(file)?.[1];
}

/** Of two images of one object the one with the smaller number was taken first. */
export function beforePartNumber(part: string): number {
  return Number(part.slice(part.lastIndexOf("-") + 1));
}

const fileRecord = z.object({ sizeBytes: z.number().int(), sha256: z.string() });

const beforeManifest = z.object({
  schemaVersion: z.string(),
  /** RFC 3339, the maker's clock: for people. */
  createdAt: z.string(),
  archive: fileRecord,
  index: fileRecord,
  /** By `resource.group namespace/name`: digest of the content that the restore was about to leave. */
  expected: z.record(z.string(), z.string()),
});
export type BeforeManifest = z.infer<typeof beforeManifest>;

const SCHEMA = "1.0";

export function encodeBeforeManifest(manifest: Omit<BeforeManifest, "schemaVersion">): Uint8Array {
  return Buffer.from(`${JSON.stringify({ schemaVersion: SCHEMA, ...manifest })}\n`);
}

/** Failure backup-damaged, backup-unsupported. */
export function decodeBeforeManifest(bytes: Uint8Array): BeforeManifest {
  const parsed = beforeManifest.safeParse(jsonOf(bytes));
  if (!parsed.success)
    throw new Failure("backup-damaged", "a manifest of what was there before a restore cannot be read");
  if (parsed.data.schemaVersion.split(".")[0] === SCHEMA.split(".")[0]) return parsed.data;
  throw new Failure("backup-unsupported", "what was there before this restore was stored by a newer version");
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
}
