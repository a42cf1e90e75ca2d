import { readFile } from "node:fs/promises";
import { Failure } from "#core/model/errors.ts";
import { type Credential, type CredentialSource, renewingCredential } from "./credential.ts";
import { bearer } from "./header.ts";

/** Projected service account tokens are replaced in place; client-go looks every minute, too. */
const REREAD_MS = 60_000;

/** A token that somebody else renews in a file. The last good one goes on being used while the file cannot be read. */
export function tokenFileCredential(
  file: string,
  fallback: string | undefined,
  now: () => number,
): CredentialSource {
  let last: Credential | undefined = fallback ? { authorization: bearer(fallback) } : undefined;
  return renewingCredential(async () => {
    try {
      const token = (await readFile(file, "utf8")).trim();
      if (token !== "") last = { authorization: bearer(token) };
    } catch (cause) {
      if (last === undefined) {
        throw new Failure("credentials-failed", `the token file ${file} cannot be read`, { cause });
      }
    }
    if (last === undefined) throw new Failure("credentials-failed", `the token file ${file} is empty`);
    return { credential: last, staleAt: now() + REREAD_MS };
  }, now);
}
