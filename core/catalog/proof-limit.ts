import { COMMIT_FILE, MANIFEST_FILE } from "#core/format/layout.ts";
import type { StoredFolder } from "./stored-folder.ts";

/**
 * A manifest that is read to prove something: of 12,000 namespaces. Parsed, it takes several times its size, which
 * together with what a guard holds stays below the 256 MiB that its container may have.
 */
export const LARGEST_PROOF_BYTES = 4 * 1024 * 1024;

const MIB = 1024 * 1024;

/** Commit object and manifest, as they were listed. */
export function proofBytes({ files }: StoredFolder): number {
  return (files.get(COMMIT_FILE)?.sizeBytes ?? 0) + manifestBytes(files);
}

/** Why nothing is read to prove this backup; undefined: it is. */
export function whyNotRead({ name, files }: StoredFolder): string | undefined {
  const bytes = manifestBytes(files);
  if (bytes <= LARGEST_PROOF_BYTES) return undefined;
  const [has, most] = [bytes, LARGEST_PROOF_BYTES].map((size) => Math.ceil(size / MIB));
  return `backup "${name}" is not read: its manifest of ${has} MiB is larger than the ${most} MiB that a guard takes`;
}

function manifestBytes(files: StoredFolder["files"]): number {
  return files.get(MANIFEST_FILE)?.sizeBytes ?? 0;
}
