import { Failure } from "#core/model/errors.ts";

/**
 * One segment of a key. It starts with no dot: that shuts out `.` and `..`, and leaves names with a leading dot to the
 * directory store for its temporary files. No colon, space or backslash: every file system takes these.
 */
const SEGMENT = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,254}$/;

export function isKey(key: string): boolean {
  return key.split("/").every((segment) => SEGMENT.test(segment));
}

/** A key that breaks the contract is the caller's defect: refused before anything is sent. */
export function checkKey(key: string): void {
  if (!isKey(key)) throw new Failure("internal", `not a storage key: ${JSON.stringify(key)}`);
}

/** A prefix is empty, a folder ending in `/`, or the beginning of a key; one level is listed of a folder only. */
export function checkPrefix(prefix: string, shallow: boolean): void {
  const isFolder = prefix === "" || prefix.endsWith("/");
  if (shallow && !isFolder) throw new Failure("internal", `not a folder: ${JSON.stringify(prefix)}`);
  if (prefix !== "") checkKey(prefix.endsWith("/") ? prefix.slice(0, -1) : prefix);
}
