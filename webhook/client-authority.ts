import { readFile } from "node:fs/promises";
import { holdsCertificates } from "#core/guard/ca-bundle.ts";
import { Failure } from "#core/model/errors.ts";

/**
 * PEM of who signs the certificates that API servers show. A guard that was told to ask for them must not answer
 * everybody instead: Failure usage where the file holds anything else.
 */
export async function readClientAuthority(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const pem = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new Failure("usage", `GUARD_CLIENT_CA: ${file} cannot be read`, { cause });
  });
  if (holdsCertificates(pem)) return pem;
  throw new Failure("usage", `GUARD_CLIENT_CA: ${file} holds something that is no certificate`);
}
