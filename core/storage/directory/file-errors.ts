import { Failure, type FailureCode } from "#core/model/errors.ts";

function errnoOf(error: unknown): string | undefined {
  // Node's file errors carry `code`, which the Error type does not know.
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes(errnoOf(error) ?? "");
}

const MEANINGS: Readonly<Record<string, readonly [FailureCode, string]>> = {
  ENOSPC: ["location-full", "no space is left"],
  EDQUOT: ["location-full", "the disk quota is used up"],
  EFBIG: ["location-full", "the file system takes no file of this size"],
  EROFS: ["location-read-only", "the file system is read-only"],
  EACCES: ["location-forbidden", "permission denied"],
  EPERM: ["location-forbidden", "the operation is not permitted"],
  ENOTDIR: ["location-missing", "a part of the path is not a folder"],
  ELOOP: ["location-error", "a symbolic link is in the way; links are not followed out of the location"],
  EIO: ["location-error", "the disk reports an error"],
  ESTALE: ["location-unreachable", "the network file system has lost the file"],
  ETIMEDOUT: ["location-unreachable", "the network file system does not answer"],
  EHOSTDOWN: ["location-unreachable", "the network file system does not answer"],
};

/** What the operating system said, in the user's words. What is a Failure already passes through. */
export function fileFailure(error: unknown, url: string): unknown {
  const errno = errnoOf(error);
  if (error instanceof Failure || errno === undefined) return error;
  const [code, meaning] = MEANINGS[errno] ?? (["location-error", "the file system refused"] as const);
  // error.message names the call and the path: "ENOSPC: no space left on device, write".
  return new Failure(code, `${url}: ${meaning} (${errno})`, { cause: error, hint: HINTS[code] });
}

const HINTS: Partial<Record<FailureCode, string>> = {
  "location-forbidden": "check the owner and the rights of the folder",
  "location-missing": "give the path of a folder",
};
